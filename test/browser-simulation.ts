import { parseScenario } from '../scenarios/parse/parse.ts'
import { hashOf } from '../scenarios/schema/canonical.ts'
import {
  keptReplication,
  resolveSystem,
  runReplication,
  simulatedResult,
  withoutFiles,
} from '../sim/experiment/index.ts'

/** What a page makes of the text of a scenario, as plain data. */
export function simulated(text: string) {
  const system = resolveSystem(withoutFiles(parseScenario(text, { file: 'page.yaml' })), null)
  const runs = [0, 1, 2].map((replication) => runReplication(system, replication))
  const result = simulatedResult(system, runs, { version: '0', commit: null, profile: null })
  const { rows } = keptReplication(system, 0)
  const done = Array.from(rows.columns.done, (at) => (Number.isNaN(at) ? null : at))
  const counts = result.classes.map((cell) => cell.counts)
  const medians = result.classes.map(({ latency }) => latency.percentiles.p50.value ?? -1)
  return { scenario: system.hash, digest: hashOf([done, counts]), counts, medians, done }
}
