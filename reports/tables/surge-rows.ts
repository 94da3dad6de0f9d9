import type { Result } from '../../sim/documents/index.ts'
import { estimateText, time } from '../format.ts'

/** Most surges that are listed; the first ones are. */
const MOST_SHOWN = 12

export const SURGE_COLUMNS = ['surge', 'at', 'most that waited', 'back to normal after'] as const

/** The effect of each surge on the queues. */
export function surgeRows({ surges }: Result): string[][] {
  return surges
    .slice(0, MOST_SHOWN)
    .map(({ class: name, at_s, peak_backlog, recovery_s }) => [
      name,
      time(1000 * at_s),
      estimateText(peak_backlog, 'plain'),
      recovery_s.value === null
        ? (recovery_s.reason ?? 'never')
        : estimateText(inMs(recovery_s), 'time'),
    ])
}

function inMs(estimate: Result['surges'][number]['recovery_s']): typeof estimate {
  const scaled = (value: number | null) => (value === null ? null : 1000 * value)
  const { value, low, high } = estimate
  return { ...estimate, value: scaled(value), low: scaled(low), high: scaled(high) }
}
