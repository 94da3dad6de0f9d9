import { expect, test } from 'vitest'
import { parseScenario } from './parse.ts'

const text = `spillway: 1
name: s
duration_s: 10
models: { m: { work: { law: constant, ms: 1 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 10 } }]
pools: [{ name: a, model: m }, { name: b, model: m }]
variants:
  weighted: { router.policy: weighted, router.weights.a: 5 }
  random: { router.policy: random }
`

test('a variant of another kind drops the keys that the command line gave the kind before', () => {
  const set = ['router.policy=weighted', 'router.weights.a=5']
  const { scenario } = parseScenario(text, { file: 's.yaml', set })
  expect(scenario.router).toEqual({ policy: 'weighted', weights: { a: 5 } })
})

test('a key of another kind in the variant itself is refused', () => {
  const wrong = text.replace(
    'router.policy: random }',
    'router.policy: random, router.choices: 2 }',
  )
  expect(() => parseScenario(wrong, { file: 's.yaml' })).toThrow('router.choices=2: unknown key')
})
