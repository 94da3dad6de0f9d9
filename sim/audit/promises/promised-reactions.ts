import type { Scenario } from '../../../scenarios/schema/schema.ts'

/** What clients do about how their requests end. */
export interface PromisedReactions {
  /** no client sends at this time or later */
  readonly untilMs: number
  /** of each class */
  readonly classes: readonly ClassReactions[]
}

export interface ClassReactions {
  /** whether first attempts may follow on others: in sessions, and in closed loops */
  readonly follows: boolean
  /** before what its client does next after an attempt in vain; Infinity where that is nothing */
  readonly leastPauseMs: (attempt: number) => number
  /** whether retries may be forbidden */
  readonly budget: boolean
}

/** Null where what clients send does not depend on how their requests end. */
export function promisedReactions({ traffic, duration_s }: Scenario): PromisedReactions | null {
  const reacts = ({ arrivals, retry, session }: Scenario['traffic'][number]) =>
    arrivals.process === 'closed-loop' || retry !== undefined || session !== undefined
  if (!traffic.some(reacts)) return null
  const classes: ClassReactions[] = []
  for (const { arrivals, retry, session } of traffic) {
    const closed = arrivals.process === 'closed-loop'
    classes.push({
      follows: closed || session !== undefined,
      budget: retry?.budget !== undefined,
      leastPauseMs(attempt) {
        if (retry === undefined || attempt >= retry.max_attempts) {
          return closed ? 0 : Number.POSITIVE_INFINITY
        }
        const { backoff_ms, multiplier, max_backoff_ms, jitter } = retry
        const grown = backoff_ms * multiplier ** (attempt - 1)
        const most = Math.min(max_backoff_ms ?? Number.POSITIVE_INFINITY, grown)
        return { none: most, equal: most / 2, full: 0 }[jitter]
      },
    })
  }
  return { untilMs: 1000 * duration_s, classes }
}
