import { expect, test } from 'vitest'
import { parseScenario } from '../../../scenarios/index.ts'
import { resolveSystem, runReplication, simulationInput, withoutFiles } from '../index.ts'
import { busyEngineWarnings } from './busy-engines.ts'
import { simulatedResult } from './result.ts'

/** An engine of 64 sequences has two of them at once, so one replica would be enough. */
const scenarioOf = (scaling: string, generation = 'generation: { policy: continuous }') => {
  const text = `spillway: 1
name: idle
duration_s: 900
models: { m: { work: { law: generation, base_ms: 20, per_sequence_ms: 0.1, per_prefill_token_ms: 0.01 } } }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 2 }
    input_tokens: { distribution: fixed, value: 100 }
    output_tokens: { distribution: fixed, value: 50 }
pools:
  - { name: p, model: m, ${generation}, scaling: { ${scaling}, max: 6, start_s: { distribution: fixed, value: 5 } } }
`
  return parseScenario(text, { file: 'idle.yaml' }).scenario
}

const BY_UTILISATION =
  'policy: hpa, interval_s: 15, metrics: [{ metric: utilisation, target: 0.2 }]'

test.each([
  BY_UTILISATION,
  'policy: keda, metric: utilisation, threshold: 0.5',
  'policy: huggingface',
])('a scaler of engines that reads utilisation has a warning: %s', (scaling) => {
  const [text, ...others] = busyEngineWarnings(scenarioOf(scaling))
  expect(text).toMatch(/^pool p: its scaler reads utilisation, .* up to max \(6\)/)
  expect(others).toEqual([])
})

test.each([
  'policy: hpa, metrics: [{ metric: concurrency, target: 8 }]',
  'policy: keda, metric: queue_length, threshold: 5',
  'policy: knative',
])('one that reads requests has none: %s', (scaling) => {
  expect(busyEngineWarnings(scenarioOf(scaling))).toEqual([])
})

test('the warning is in the result, and true: a few sequences take all replicas', () => {
  const scenario = scenarioOf(BY_UTILISATION)
  const system = resolveSystem(withoutFiles({ scenario, hash: 'x', file: 'idle.yaml' }), null)
  const run = runReplication(simulationInput(scenario), 0)
  const by = { version: '1', commit: null, profile: null }
  const { warnings } = simulatedResult(system, [run], by)
  expect(warnings.filter((text) => text.includes('reads utilisation'))).toHaveLength(1)
  expect(Math.max(...run.availability![0]!.steps.map(({ replicas }) => replicas))).toBe(6)
})
