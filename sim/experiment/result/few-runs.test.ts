import { expect, test } from 'vitest'
import { parseScenario } from '../../../scenarios/index.ts'
import { resolveSystem, runReplication, simulationInput, withoutFiles } from '../index.ts'
import { simulatedResult } from './result.ts'

const warningsOf = (replications: number, arrivals: string) => {
  const text = `spillway: 1
name: few
duration_s: 30
models: { m: { work: { law: constant, ms: 10 } } }
traffic: [{ class: web, arrivals: { ${arrivals} } }]
pools: [{ name: p, model: m }]
`
  const { scenario } = parseScenario(text, { file: 'few.yaml' })
  const system = resolveSystem(withoutFiles({ scenario, hash: 'x', file: 'few.yaml' }), null)
  const input = simulationInput(scenario)
  const runs = Array.from({ length: replications }, (_, i) => runReplication(input, i))
  const by = { version: '1', commit: null, profile: null }
  return simulatedResult(system, runs, by).warnings.join()
}

const POISSON = 'process: poisson, rate_rps: 20'

test('two replications have a warning, and three have none', () => {
  expect(warningsOf(2, POISSON)).toMatch(/two replications say little: .* use --replications 6/)
  expect(warningsOf(1, POISSON)).not.toContain('say little')
  expect(warningsOf(3, POISSON)).not.toContain('say little')
})

test('two that are the same are exact', () => {
  expect(warningsOf(2, 'process: deterministic, rate_rps: 20')).not.toContain('say little')
})
