import type { Scenario } from '../../../scenarios/schema/schema.ts'

/** Reactions of clients to outcomes. */
export interface PromisedReactions {
  /** clients send nothing in response to an end from here on, but what was held back, ms */
  readonly untilMs: number
  /** of each class */
  readonly classes: readonly ClassReactions[]
}

export interface ClassReactions {
  /**
   * Whether first attempts may depend on earlier requests: in sessions, in closed loops, and where
   * a limit of requests in flight holds them back.
   */
  readonly follows: boolean
  /** whether there is such a limit; absent for no */
  readonly capped?: boolean
  /** least delay of the reaction to a failed attempt, ms; Infinity for no reaction */
  readonly leastPauseMs: (attempt: number) => number
  /** whether copies or further attempts of a request may come, and a copy may not be sent */
  readonly copies?: boolean
  /** whether a budget may prevent retries */
  readonly budget: boolean
  /** absent where its clients retry nothing */
  readonly retry?: PromisedClientRetry | undefined
}

/** Retries by the clients of a class. */
export interface PromisedClientRetry {
  /** including the first */
  readonly maxAttempts: number
  /** the ends of attempts that are retried */
  readonly ends: readonly AttemptEnd[]
  readonly jitter: 'none' | 'full' | 'equal'
  /** the longest backoff after the first, second … attempt since the last pushback, ms */
  readonly mostMs: (attempt: number) => number
}

export type AttemptEnd = 'failed' | 'shed' | 'timed_out' | 'client_timeout'
const ALL_ENDS: readonly AttemptEnd[] = ['failed', 'shed', 'timed_out', 'client_timeout']

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
  const capped = ({ max_in_flight: most }: Scenario['traffic'][number]) => most !== undefined
  if (!traffic.some((own) => reacts(own) || capped(own))) return null
  const classes: ClassReactions[] = []
  for (const own of traffic) {
    const { arrivals, retry, session } = own
    const closed = arrivals.process === 'closed-loop'
    const told = pools.flatMap(({ model, admission: { retry_pushback_ms: pushbackMs } }) =>
      pushbackMs !== undefined && (own.model ?? model) === model ? [pushbackMs] : [],
    )
    classes.push({
      follows: closed || session !== undefined || capped(own),
      ...(capped(own) && { capped: true }),
      copies: copied(own),
      budget: retry?.budget !== undefined,
      retry: retry && promisedRetry(retry),
      leastPauseMs(attempt) {
        if (retry === undefined || attempt >= retry.max_attempts) {
          return closed ? 0 : Number.POSITIVE_INFINITY
        }
        // a pushback takes the place of a backoff, and further ones begin with the first again
        const most = promisedRetry(retry).mostMs(told.length > 0 ? 1 : attempt)
        const least = { none: most, equal: most / 2, full: 0 }[retry.jitter]
        return Math.min(least, ...told.map((pushbackMs) => Math.max(0, pushbackMs)))
      },
    })
  }
  // what is held back is sent whenever a place is free, and nothing follows from it
  return { untilMs: traffic.some(reacts) ? 1000 * duration_s : 0, classes }
}

function promisedRetry(
  retry: NonNullable<Scenario['traffic'][number]['retry']>,
): PromisedClientRetry {
  const { backoff_ms, multiplier, max_backoff_ms, jitter, max_attempts, retry_on } = retry
  return {
    maxAttempts: max_attempts,
    ends: retry_on ?? ALL_ENDS,
    jitter,
    mostMs(attempt) {
      const grown = backoff_ms * multiplier ** (attempt - 1)
      return Math.min(max_backoff_ms ?? Number.POSITIVE_INFINITY, grown)
    },
  }
}
