import type { Scenario } from '../../../scenarios/schema/schema.ts'

type TrafficClass = Scenario['traffic'][number]
export type ClientRetry = NonNullable<TrafficClass['retry']>
/** An end of an attempt for its client, without an answer. */
export type AttemptEnd = NonNullable<ClientRetry['retry_on']>[number]

/** Reactions of clients to outcomes. */
export interface PromisedReactions {
  /** from here on clients send nothing in response to an end, except what was held back, ms */
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
  /** requests that its clients have in flight at most; absent for no limit */
  readonly maxInFlight?: number | undefined
  /** least delay of the reaction to a failed attempt, ms; Infinity for no reaction */
  readonly leastPauseMs: (attempt: number) => number
  /** whether copies or further attempts of a request may come, and a copy may not be sent */
  readonly copies?: boolean
  /** absent where its clients retry nothing */
  readonly retry?: ClientRetry | undefined
}

/** Null where requests do not depend on outcomes. */
export function promisedReactions(scenario: Scenario): PromisedReactions | null {
  const { traffic, pools, duration_s } = scenario
  const copied = ({ hedge, model }: TrafficClass) =>
    hedge !== undefined ||
    pools.some((pool) => pool.retry_policy && (model === undefined || pool.model === model))
  const reacts = (sending: TrafficClass) =>
    'users' in sending.arrivals ||
    sending.retry !== undefined ||
    sending.session !== undefined ||
    copied(sending)
  const capped = ({ max_in_flight: most }: TrafficClass) => most !== undefined
  if (!traffic.some((sending) => reacts(sending) || capped(sending))) return null
  const classes = traffic.map((sending): ClassReactions => {
    const { arrivals, retry, session, max_in_flight: maxInFlight } = sending
    const closed = 'users' in arrivals
    const pushbacksMs = pools.flatMap(({ model, admission: { retry_pushback_ms: pushbackMs } }) =>
      pushbackMs !== undefined && (sending.model ?? model) === model ? [pushbackMs] : [],
    )
    return {
      follows: closed || session !== undefined || maxInFlight !== undefined,
      maxInFlight,
      copies: copied(sending),
      retry,
      leastPauseMs(attempt) {
        if (retry === undefined || attempt >= retry.max_attempts) {
          return closed ? 0 : Number.POSITIVE_INFINITY
        }
        // a pushback takes the place of a backoff, and further ones begin with the first again
        const most = longestBackoffMs(retry, pushbacksMs.length > 0 ? 1 : attempt)
        const least = { none: most, equal: most / 2, full: 0 }[retry.jitter]
        return Math.min(least, ...pushbacksMs.map((pushbackMs) => Math.max(0, pushbackMs)))
      },
    }
  })
  // what is held back is sent whenever a place is free, and nothing follows from it
  return { untilMs: traffic.some(reacts) ? 1000 * duration_s : 0, classes }
}

/** The longest backoff after the first, second … attempt since the last pushback, ms. */
export function longestBackoffMs(retry: ClientRetry, attempt: number): number {
  const grown = retry.backoff_ms * retry.multiplier ** (attempt - 1)
  return Math.min(retry.max_backoff_ms ?? Number.POSITIVE_INFINITY, grown)
}

/** Whether clients retry an end; without a list they retry all. */
export function retriesAfter({ retry_on }: ClientRetry, end: AttemptEnd): boolean {
  return retry_on?.includes(end) ?? true
}
