import type { Scenario } from '../../../scenarios/schema/schema.ts'

/** Reactions of clients to outcomes. */
export interface PromisedReactions {
  /** all requests are scheduled before this, ms */
  readonly untilMs: number
  /** of each class */
  readonly classes: readonly ClassReactions[]
}

export interface ClassReactions {
  /** whether first attempts may depend on earlier requests: in sessions, and in closed loops */
  readonly follows: boolean
  /** least delay of the reaction to a failed attempt, ms; Infinity for no reaction */
  readonly leastPauseMs: (attempt: number) => number
  /** whether copies or further attempts of a request may come, and a copy may not be sent */
  readonly copies?: boolean
  /** whether a budget may prevent retries */
  readonly budget: boolean
}

/** Null where requests do not depend on outcomes. */
export function promisedReactions(scenario: Scenario): PromisedReactions | null {
  const { traffic, pools, duration_s } = scenario
  const copied = ({ hedge, model }: Scenario['traffic'][number]) =>
    hedge !== undefined ||
    pools.some((pool) => pool.retry_policy && (model === undefined || pool.model === model))
  const reacts = (own: Scenario['traffic'][number]) =>
    own.arrivals.process === 'closed-loop' ||
    own.retry !== undefined ||
    own.session !== undefined ||
    copied(own)
  if (!traffic.some(reacts)) return null
  const classes: ClassReactions[] = []
  for (const own of traffic) {
    const { arrivals, retry, session } = own
    const closed = arrivals.process === 'closed-loop'
    classes.push({
      follows: closed || session !== undefined,
      copies: copied(own),
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
