import { expect, test } from 'vitest'
import { parseKeptScenario, parseScenario } from '../parse/parse.ts'

const pool = (keys: string) => `spillway: 1
name: s
duration_s: 60
models: { m: { builtin: mlp } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 40 } }]
pools:
  - name: central
    model: m
${keys}`

test('a precision that its model has no file for is refused, and a kept scenario is taken', () => {
  const twoFiles = pool('    precision: int4\n').replace('builtin: mlp', 'onnx: m.onnx, inputs: {}')
  expect(() => parseScenario(twoFiles, { file: 's.yaml' })).toThrow(
    /s.yaml:9:\d+ pools.central.precision: expected fp32, as model m is one file/,
  )
  const { scenario } = parseScenario(pool(''), { file: 's.yaml' })
  expect(parseKeptScenario(JSON.stringify(scenario), 'scenario.json')).toEqual(scenario)
})
