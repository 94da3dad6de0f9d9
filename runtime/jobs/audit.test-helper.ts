import type { Scenario } from '../../scenarios/index.ts'
import {
  keptReplication,
  type SimulationInput,
  simulationInput,
} from '../../sim/experiment/index.ts'
import { type RowColumn, Rows } from '../../sim/stats/index.ts'
import { RequestList, trafficSource } from '../../sim/traffic/index.ts'
import { changed, DECLARED, scenarioOf } from '../../test/scenarios.ts'
import type { KeptRun } from '../folders/run-folder.ts'

// with the timeout of DECLARED hardly any request waits so long
const BUSY = changed(DECLARED, ['timeout_ms: 200', 'timeout_ms: 80'])

/**
 * A simulated run; by default of two pools and two classes, which serves, sheds, times out and is
 * left.
 */
export function keptRun(text: Parameters<typeof scenarioOf>[0] = BUSY): {
  readonly scenario: Scenario
  readonly requests: RequestList
  readonly input: SimulationInput
  readonly run: KeptRun
} {
  const scenario = scenarioOf(text)
  const unbound = simulationInput(scenario)
  const traffic = { ...unbound, seed: scenario.seed, replication: 0 }
  const requests = RequestList.collect(trafficSource(scenario, traffic))
  const input = { ...unbound, requests }
  return { scenario, requests, input, run: keptReplication(input, 0) }
}

/** The run with all that is known of two requests exchanged. */
export function withRowsSwapped(run: KeptRun, a: number, b: number): KeptRun {
  const rows = Rows.allocate(run.rows.count)
  for (const name of Object.keys(rows.columns) as RowColumn[]) {
    const from = run.rows.columns[name]
    const to = rows.columns[name]
    to.set(from)
    to[a] = from[b]!
    to[b] = from[a]!
  }
  return { ...run, rows }
}
