import { expect, test } from 'vitest'
import { parseScenario } from './parse.ts'

const text = `spillway: 1
name: s
duration_s: 10
models: { m: { work: { law: constant, ms: 1 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 10 } }]
pools:
  - { name: a, model: m, batching: { policy: dynamic, max_batch: 8, max_delay_ms: 1 } }
  - { name: b, model: m }
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

const exclusive = `${text}  alone: { pools.a.batching: { policy: none } }
  batched: { pools.a.batching: { policy: dynamic, max_batch: 4, max_delay_ms: 1 } }
  larger: { pools.a.batching.max_batch: 64 }
`

test('each variant is the scenario with its own changes, so two can exclude each other', () => {
  const { variants } = parseScenario(exclusive, { file: 's.yaml' })
  const policies = variants.map((variant) => {
    const { scenario } = parseScenario(exclusive, { file: 's.yaml', asVariant: variant })
    return [variant.name, scenario.pools[0]!.batching.policy]
  })
  expect(policies).toEqual([
    ['weighted', 'dynamic'],
    ['random', 'dynamic'],
    ['alone', 'none'],
    ['batched', 'dynamic'],
    ['larger', 'dynamic'],
  ])
})

test('overrides are not of the variants: what these contradict is no problem of the file', () => {
  const set = ['pools.a.batching={ policy: none }']
  const { scenario } = parseScenario(exclusive, { file: 's.yaml', set })
  expect(scenario.pools[0]!.batching).toEqual({ policy: 'none' })
  const variant = { name: 'larger', set: ['pools.a.batching.max_batch=64'] }
  expect(() => parseScenario(exclusive, { file: 's.yaml', set, asVariant: variant })).toThrow(
    'pools.a.batching.max_batch=64: ',
  )
})
