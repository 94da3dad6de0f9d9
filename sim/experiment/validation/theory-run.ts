import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Batch, Ms, Requests } from '../../serving/index.ts'
import type { RunSummary } from '../figures/run-summary.ts'
import { recordRun } from '../figures/run-summary.ts'
import { runWorld } from '../simulation/run-world.ts'
import { recordedWorld } from '../simulation/simulate.ts'
import { simulationInput } from '../system/simulation-input.ts'

/** One replication of a model of queueing theory. */
export interface TheoryRun {
  readonly summary: RunSummary
  /** requests after the warm-up with a wait above 0 */
  readonly waited: number
}

/** Runs a scenario of declared work as `runReplication` does, and counts requests that waited. */
export function theoryRun(scenario: Scenario, replication: number): TheoryRun {
  const { parts, summary } = recordedWorld(simulationInput(scenario), replication, recordRun)
  const warmupMs = 1000 * scenario.warmup_s
  let waited = 0
  const observe = (requests: Requests) => {
    const dispatched = (now: Ms, { members, size }: Batch) => {
      for (const request of members.subarray(0, size)) {
        if (requests.at[request]! >= warmupMs && now > requests.enqueued[request]!) waited++
      }
    }
    return [...parts.observe(requests), { dispatched }]
  }
  runWorld({ ...parts, observe })
  return { waited, summary: summary() }
}
