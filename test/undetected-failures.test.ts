import { expect, test } from 'vitest'
import {
  keptReplication,
  resolveSystem,
  runReplication,
  simulatedResult,
  simulationInput,
  withoutFiles,
} from '../sim/experiment/index.ts'
import { OUTCOME } from '../sim/serving/index.ts'
import { scenarioOf } from './scenarios.ts'

/** One of four replicas is lost at 20 s, and found to be 5 s later. */
const lost = (failure: object, pool: object = {}) =>
  scenarioOf({
    duration_s: 60,
    models: { m: { work: { law: 'exponential', mean_ms: 20 } } },
    traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: 100 } }],
    pools: [{ name: 'p', model: 'm', replicas: 4, queue: { mode: 'per-replica' }, ...pool }],
    failures: [
      {
        ...{ kind: 'crash', replicas: [1], at_s: [20], detection_s: 5 },
        ...{ restart_s: { distribution: 'fixed', value: 30 }, ...failure },
      },
    ],
  })

function resultOf(scenario: ReturnType<typeof lost>) {
  const system = resolveSystem(withoutFiles({ scenario, hash: 'none', file: 's.yaml' }), null)
  const runs = [0, 1].map((replication) => runReplication(system, replication))
  return simulatedResult(system, runs, { version: '0', commit: null, profile: null })
}

test('what fails on a replica that is down and routed to is counted, and said', () => {
  const scenario = lost({})
  const { pools, warnings } = resultOf(scenario)
  const counted = [0, 1].map((replication) => {
    const { outcome, executor, dispatched } = keptReplication(
      simulationInput(scenario),
      replication,
    ).rows.columns
    return [...outcome.keys()].filter(
      (key) => outcome[key] === OUTCOME.failed && executor[key] === 1 && dispatched[key]! > 20_000,
    ).length
  })
  const failed = counted[0]! + counted[1]!
  expect(failed).toBeGreaterThan(300)
  expect(pools[0]!.failed_undetected).toBe(failed)
  expect(pools[0]!.counts.failed).toBeGreaterThanOrEqual(failed)
  expect(warnings[0]).toBe(
    `pool p: ${failed} requests failed on a replica that was down and still routed to, as health ` +
      'checks find a loss after 5 s (detection_s): a replica that fails at once looks idle; ' +
      'faster checks or outlier_detection lose fewer',
  )
})

test('nothing is said where a loss is found at once, or nothing was sent to the replica', () => {
  const immediate = resultOf(lost({ detection_s: 0 }))
  expect(immediate.pools[0]!.failed_undetected).toBeUndefined()
  expect(immediate.warnings.join()).not.toContain('routed to')
  // after the traffic
  const late = resultOf(lost({ at_s: [59.9999], detection_s: 5 }))
  expect(late.warnings.join()).not.toContain('routed to')
})
