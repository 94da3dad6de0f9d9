import { expect, test } from 'vitest'
import { parseScenario } from '../parse/parse.ts'
import { problemsIn } from './problems.test-helper.ts'

const withModel = (model: string) => `spillway: 1
name: sized
duration_s: 1
models: { m: ${model} }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 1 } }]
pools: [{ name: central, model: m }]
`

test.each([
  [
    '{ builtin: mlp, layers: 4, width: 65536 }',
    'models.m.width: expected at most 2.00 GB of weights in fp32, got 68.7 GB',
  ],
  [
    '{ builtin: transformer-encoder, hidden: 8192, vocabulary: 100000 }',
    'models.m.hidden: expected at most 2.00 GB of weights in fp32, got 16.2 GB',
  ],
])('an ONNX file has at most 2 GB: %s', (model, problem) => {
  expect(problemsIn(withModel(model))).toContain(problem)
})

test('a model of just under 2 GB is accepted', () => {
  const { scenario } = parseScenario(withModel('{ builtin: mlp, layers: 1, width: 22000 }'), {
    file: 's.yaml',
  })
  expect(scenario.models.m).toMatchObject({ width: 22000 })
})

test.each([
  ['slow: { share: 0, factor: 3 }', 'share: expected above 0; remove slow for none, got 0'],
  ['slow: { share: 0.01, factor: 1 }', 'factor: expected above 1; remove slow for none, got 1'],
  ['slow: { share: 0.6, factor: 3 }', 'share: expected a number of at most 0.5, got 0.6'],
])('slow batches are rare, and slow: %s', (slow, problem) => {
  const laws = ['table, sizes: [1], ms: [3]', 'linear, base_ms: 3']
  for (const law of laws) {
    const problems = problemsIn(withModel(`{ work: { law: ${law}, ${slow} } }`))
    expect(problems.join('\n')).toContain(`models.m.work.slow.${problem}`)
    const good = withModel(`{ work: { law: ${law}, slow: { share: 0.01, factor: 3 } } }`)
    expect(problemsIn(good)).toEqual([])
  }
})
