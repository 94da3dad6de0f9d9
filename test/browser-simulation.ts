import { parseScenario } from '../scenarios/parse/parse.ts'
import {
  keptReplication,
  resolveSystem,
  runReplication,
  simulatedResult,
  withoutFiles,
} from '../sim/experiment/index.ts'

/**
 * What a page makes of the text of a scenario, as plain data: each class, when each request was
 * done, and the result to 12 digits. Of its statistics, means over the time, ends of intervals and
 * the probabilities of the tail may differ in the last bit, as powers do.
 */
export function simulated(text: string) {
  const system = resolveSystem(withoutFiles(parseScenario(text, { file: 'page.yaml' })), null)
  const runs = [0, 1, 2].map((replication) => runReplication(system, replication))
  const result = simulatedResult(system, runs, { version: '0', commit: null, profile: null })
  const { rows } = keptReplication(system, 0)
  const done = Array.from(rows.columns.done, (at) => (Number.isNaN(at) ? null : at))
  const latencies = result.classes.map(({ counts, latency }) => [
    counts,
    latency.percentiles.p50.value,
  ])
  const rounded = JSON.stringify(result, (_, value) =>
    typeof value === 'number' ? Number(value.toPrecision(12)) : value,
  )
  return { hash: system.hash, done, latencies, result: rounded }
}
