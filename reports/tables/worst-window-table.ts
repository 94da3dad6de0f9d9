import type { Result } from '../../sim/documents/index.ts'
import { declared, estimateText, valueText } from '../format.ts'

const LEVELS = ['p50', 'p95', 'p99'] as const

/** What a mean over the run hides: each figure beside that of the window in which it is largest. */
export const WORST_WINDOW = {
  caption: 'Worst window',
  columns: ['worst window', 'over the run', 'in the worst window'],
  rows: (result: Result): string[][] => {
    const { worst_window: worst, classes, pools } = result
    if (worst === null) return []
    const latencies = worst.classes.flatMap(({ name, latency }, i) =>
      LEVELS.filter((level) => latency[level].value !== null).map((level) => [
        `${name}: latency ${level}`,
        estimateText(classes[i]!.latency.percentiles[level], 'time'),
        estimateText(latency[level], 'time'),
      ]),
    )
    const utilisations = worst.pools.map(({ name, utilisation }, i) => [
      `${name}: utilisation`,
      estimateText(pools[i]!.utilisation, 'share'),
      estimateText(utilisation, 'share'),
    ])
    const ofCapacity = worst.pools.flatMap(({ name, capacity_utilisation: share }, i) => {
      const whole = pools[i]!.capacity_utilisation
      if (share === undefined || whole === undefined) return []
      const cells = [whole, share].map((estimate) => estimateText(estimate, 'share'))
      return [[`${name}: of capacity`, ...cells]]
    })
    const queue = ['queue', valueText(meanQueue(result), 'plain')]
    return [
      ...latencies,
      ...utilisations,
      ...ofCapacity,
      [...queue, estimateText(worst.queue_mean, 'plain')],
    ]
  },
  note: ({ worst_window: worst }: Result): string | null =>
    worst &&
    `of all windows of ${declared(worst.window_s)} s, for each figure the one in which it is largest, by when requests end; the drain after the traffic is in none`,
}

/** Waiting requests after the warm-up, as windows have them. */
function meanQueue({ series, warmup_s }: Result): Parameters<typeof valueText>[0] {
  const counted = series.queue_mean.filter((_, i) => i * series.bucket_s >= warmup_s)
  const value = counted.reduce((sum, length) => sum + length, 0) / counted.length
  return { value, low: null, high: null, n: counted.length }
}
