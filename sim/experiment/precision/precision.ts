import type { ConfigurationRow, Estimate } from '../../documents/index.ts'

/** What has a precision: the figures that a result and a row of configurations have alike. */
type Figures = Pick<ConfigurationRow, 'objectives'> & {
  readonly classes: readonly Pick<ConfigurationRow['classes'][number], 'name' | 'latency'>[]
}

export interface Precision {
  /** the figure with the widest interval, such as `checkout: p99` */
  readonly figure: string
  /** half of its interval over its value */
  readonly half_width: number
}

/** Of p90 and p99.9 nothing is asked: they are beside the answer, and p99.9 takes long. */
const LEVELS = ['p50', 'p95', 'p99'] as const

/**
 * The figure of the answer that is known worst, of the objectives and of mean, p50, p95 and p99 of
 * every class. Null where none has an interval.
 */
export function precisionOf({ objectives, classes }: Figures): Precision | null {
  const figures: readonly (readonly [string, Estimate])[] = [
    ...objectives.map(({ class: name, text, estimate }) => [`${name}: ${text}`, estimate] as const),
    ...classes.flatMap(({ name, latency }) => [
      [`${name}: mean`, latency.mean] as const,
      ...LEVELS.map((level) => [`${name}: ${level}`, latency.percentiles[level]] as const),
    ]),
  ]
  let worst: Precision | null = null
  for (const [figure, { value, low, high }] of figures) {
    if (value === null || value === 0 || low === null || high === null) continue
    const half_width = (high - low) / 2 / value
    if (worst === null || half_width > worst.half_width) worst = { figure, half_width }
  }
  return worst
}

/** Replications that no answer goes beyond. */
const MOST_TO_STOP = 10_000

/**
 * How many replications the next look has: the half-width falls with their root. Between two looks
 * they grow at least by a fifth, so that a stop by chance is rare, and at most fourfold, as the
 * first estimate of the spread is rough (Law and Kelton 2000, section 9.4.1). Null where it stops.
 */
export function nextLook(
  replications: number,
  reached: Precision | null,
  target: number,
  most = MOST_TO_STOP,
): number | null {
  if (reached === null || reached.half_width <= target || replications >= most) return null
  const times = Math.min(4, Math.max(1.2, (reached.half_width / target) ** 2))
  return Math.min(most, Math.ceil(replications * times))
}
