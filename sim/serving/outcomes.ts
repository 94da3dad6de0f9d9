/** One way in which a request ends, or one reason for which it is refused. */
interface Code<N extends number, K extends string> {
  /** in rows; numbers need no order, and a number that was used once is not used again */
  readonly number: N
  /** in results */
  readonly key: K
  readonly meaning: string
}

const code = <N extends number, K extends string>(
  number: N,
  key: K,
  meaning: string,
): Code<N, K> => ({ number, key, meaning })

type Codes = Readonly<Record<string, Code<number, string>>>
type Numbers<C extends Codes> = { readonly [P in keyof C]: C[P]['number'] }

function numbersOf<C extends Codes>(codes: C): Numbers<C> {
  const entries = Object.entries(codes).map(([name, { number }]) => [name, number])
  return Object.freeze(Object.fromEntries(entries)) as Numbers<C>
}

/**
 * How copies and attempts of a request end that did not answer it. Results count them apart, see
 * `hedge` and `retry_policy`.
 */
const COPY_OUTCOMES = Object.freeze({
  withdrawn: code(6, 'withdrawn', 'left the queue because of another copy'),
  redundant: code(7, 'redundant', 'completed after another copy (wasted work)'),
  retried: code(8, 'retried', 'failed and were sent again by the proxy of their pool'),
})

/** Every way in which a request ends. Its meaning follows "requests that". */
export const OUTCOMES = Object.freeze({
  served: code(0, 'served', 'were answered while their clients waited'),
  shed: code(1, 'shed', 'were refused on arrival'),
  timedOut: code(2, 'timed_out', 'left the queue at its timeout, or were dropped by cork'),
  abandoned: code(3, 'abandoned', 'completed after their client timeout (wasted work)'),
  failed: code(4, 'failed', 'failed with their batch'),
  cancelled: code(5, 'cancelled', 'left the queue at their client timeout'),
  ...COPY_OUTCOMES,
})

/** Every reason for which a request is refused. Its meaning follows "requests refused because". */
export const REFUSALS = Object.freeze({
  memory: code(1, 'memory', 'they could never fit in memory'),
  priority: code(2, 'priority', 'too many requests were in the pool for their priority'),
  deadline: code(3, 'deadline', 'they were predicted to end too late'),
  concurrency: code(4, 'concurrency', 'too many requests were in the pool'),
  queue: code(5, 'queue', 'the queue was full'),
  tokens: code(6, 'tokens', 'their token bucket was empty'),
  unavailable: code(7, 'unavailable', 'no replica was up'),
  overflow: code(8, 'overflow', 'a circuit breaker of the pool was open'),
})

export const OUTCOME = numbersOf(OUTCOMES)
export type Outcome = (typeof OUTCOME)[keyof typeof OUTCOME]

/** `none`: of a request that was not refused. */
export const REFUSAL = Object.freeze({ none: 0, ...numbersOf(REFUSALS) } as const)
export type Refusal = (typeof REFUSAL)[keyof typeof REFUSAL]

export const allOutcomes = Object.values(OUTCOMES)
const ofCopies: readonly Code<number, string>[] = Object.values(COPY_OUTCOMES)
/** The outcomes that count as arrivals. */
export const outcomes = allOutcomes.filter(
  (code): code is Exclude<typeof code, (typeof COPY_OUTCOMES)[keyof typeof COPY_OUTCOMES]> =>
    !ofCopies.includes(code),
)
export const refusals = Object.values(REFUSALS)
