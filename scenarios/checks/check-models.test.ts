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
