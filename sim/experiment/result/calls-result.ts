import type { Result } from '../../documents/index.ts'
import { type CallsSummary, distribution, percentiles } from '../../stats/index.ts'

/** The calls of one class over all runs; null where each of its requests is a call. */
export function callsResult(
  runs: readonly (CallsSummary | null)[],
): Result['classes'][number]['calls'] {
  const each = runs.filter((run) => run !== null)
  if (each.length === 0) return null
  return {
    made: each.reduce((sum, { made }) => sum + made, 0),
    answered: each.reduce((sum, { latency }) => sum + latency.n, 0),
    latency: distribution(each.map(({ latency }) => latency)),
    latency_all: percentiles(each.map(({ made, all }) => ({ n: made, values: all }))),
  }
}
