import { expect, test } from 'vitest'
import { scenarioChanges } from './changes.ts'
import { parseScenario } from './parse.ts'

const TEXT = `
spillway: 1
name: small
duration_s: 10
models: { net: { builtin: mlp } }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 10 }
pools:
  - name: central
    model: net
    batching: { policy: dynamic, max_batch: 8, max_delay_ms: 1 }
`
const scenario = (set: readonly string[] = []) =>
  parseScenario(TEXT, { file: 'small.yaml', set }).scenario

test('each changed value is named by its path, with both values', () => {
  const changed = scenario(['pools.central.batching.max_batch=2', 'traffic.web.timeout_ms=50'])
  expect(scenarioChanges(scenario(), changed)).toEqual([
    'pools.central.batching.max_batch: 8 → 2',
    'traffic.web.timeout_ms: none → 50',
  ])
})

test('a changed policy shows the keys it drops, and lists as a whole', () => {
  const none = scenario(['pools.central.batching={ policy: none }'])
  expect(scenarioChanges(scenario(['pools.central.batching.preferred=[2, 4]']), none)).toEqual([
    'pools.central.batching.policy: dynamic → none',
    'pools.central.batching.max_batch: 8 → none',
    'pools.central.batching.preferred: [2,4] → none',
    'pools.central.batching.max_delay_ms: 1 → none',
  ])
})

test('equal scenarios and changed labels are no change', () => {
  expect(scenarioChanges(scenario(), scenario(['name=other', 'description=text']))).toEqual([])
})
