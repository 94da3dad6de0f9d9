import { median, quantile } from 'simple-statistics'
import type { Ms } from '../../serving/index.ts'
import { wakeCost } from '../../world/index.ts'
import type { Recording } from './recorded.ts'
import { batchesOf } from './structure.ts'

/** Batches are put together by their work in so many groups of equal size. */
const GROUPS = 8
/**
 * A machine that is slow or stalled has larger batches, as requests wait for them. So the fast
 * batches of each group are compared: their quantile, not the median.
 */
const UNDISTURBED = 0.25
/** Fewer batches, or work of fewer sizes, show no cost. */
const LEAST_BATCHES = 20 * GROUPS
const LEAST_RANGE = 1.3

/**
 * Additional time of a batch in mixed traffic, ms at speed 1: a calibration runs each shape three
 * times in a row, and a shape that follows another one finds caches as that one left them. It is
 * the intercept of the times that batches took, by their calibrated work: a line through groups,
 * weighted by relative errors. `work` of the recordings must not include it.
 */
export function mixedCostMs(recordings: readonly Recording[]): Ms {
  const batches = recordings.flatMap(({ run, work, executors: [from, to] }) =>
    batchesOf(run.rows)
      .filter(({ executor, failed }) => executor >= from && executor < to && !failed)
      .map(({ executor, size, length, gap, started, ended }) => {
        const { work: expected, wake } = work[executor]!
        return { ms: expected(size, length) + wakeCost(wake, gap), taken: ended - started }
      }),
  )
  if (batches.length < LEAST_BATCHES) return 0
  batches.sort((a, b) => a.ms - b.ms)
  const groups = Array.from({ length: GROUPS }, (_, i) => {
    const edge = (of: number) => Math.floor((of * batches.length) / GROUPS)
    const some = batches.slice(edge(i), edge(i + 1))
    return {
      ms: median(some.map(({ ms }) => ms)),
      ratio: quantile(
        some.map((batch) => batch.taken / batch.ms),
        UNDISTURBED,
      ),
    }
  })
  if (groups.at(-1)!.ms < LEAST_RANGE * groups[0]!.ms) return 0
  // taken / ms = slope + intercept / ms: a line in 1 / ms
  const x = groups.map(({ ms }) => 1 / ms)
  const y = groups.map(({ ratio }) => ratio)
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const [meanX, meanY] = [mean(x), mean(y)]
  const intercept =
    x.reduce((sum, at, i) => sum + (at - meanX) * (y[i]! - meanY), 0) /
    x.reduce((sum, at) => sum + (at - meanX) ** 2, 0)
  const slope = meanY - intercept * meanX
  return slope > 0 ? Math.max(0, intercept / slope) : 0
}
