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

test('an accelerator is refused where it stands, and taken in the scenario that a run kept', () => {
  expect(() => parseScenario(pool('    accelerator: local\n'), { file: 's.yaml' })).toThrow(
    's.yaml:9:5 pools.central.accelerator: remove accelerator: a pool runs on the machine of its profile',
  )
  const { scenario } = parseScenario(pool(''), { file: 's.yaml' })
  expect(parseKeptScenario(JSON.stringify(scenario), 'scenario.json')).toEqual(scenario)
})
