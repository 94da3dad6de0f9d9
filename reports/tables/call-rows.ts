import type { Result } from '../../sim/documents/index.ts'
import { count, estimateText } from '../format.ts'

export const CALL_COLUMNS = ['calls', 'made', 'answered', 'mean', 'p50', 'p95', 'p99'] as const

/** Calls of the classes whose requests are parts or attempts of calls. */
export function callRows({ classes }: Result): string[][] {
  return classes.flatMap(({ name, calls }) => {
    if (calls === null) return []
    const { mean, percentiles } = calls.latency
    const { p50, p95, p99 } = percentiles
    const times = [mean, p50, p95, p99].map((estimate) => estimateText(estimate, 'time'))
    return [[name, count(calls.made), count(calls.answered), ...times]]
  })
}
