/**
 * Raw rows, one for each request, by its key; times in ms, NaN where a request did not get so far.
 */
export interface AuditRows {
  /** scheduled arrival */
  readonly at: Float64Array
  /** routed; absent or NaN without networks */
  readonly routed?: Float64Array
  /** enqueued */
  readonly sent: Float64Array
  readonly dispatched: Float64Array
  readonly started: Float64Array
  readonly ended: Float64Array
  /** when the dispatcher saw its end */
  readonly done: Float64Array
  /** when its client has the answer; absent or NaN without networks */
  readonly answered?: Float64Array
  readonly class: Uint8Array
  /** 1 for the first attempt of a call */
  readonly attempt: Uint8Array
  /** scheduled arrival of the first attempt */
  readonly firstScheduledAt: Float64Array
  /** number of the send, shared by all parts of a fan-out */
  readonly sendId: Int32Array
  /** number of the part in its send, from 0 */
  readonly part: Uint16Array
  /** of a further copy or attempt of a request: the row of the first; otherwise -1 */
  readonly copyOf: Int32Array
  /** when its client times out; Infinity for never */
  readonly leaves: Float64Array
  readonly pool: Uint8Array
  /** queue that it joined or that rejected it */
  readonly queue: Int32Array
  readonly inputTokens: Int32Array
  /** tokens to generate */
  readonly outputTokens: Int32Array
  readonly executor: Int32Array
  /** -1 for none */
  readonly batch: Int32Array
  readonly batchSize: Int16Array
  /** padded length of its batch; 0 without padding */
  readonly padded: Int32Array
  readonly outcome: Uint8Array
  /** when the first token was generated; NaN where none is */
  readonly firstToken: Float64Array
  /** how often it was preempted */
  readonly preemptions: Int32Array
  /** 1 where a server has not stated how many tokens its answer has */
  readonly uncounted: Uint8Array
  /** why it was rejected: a number of REFUSED_BY */
  readonly refusal: Uint8Array
}

/** The planned requests, in order of arrival: scheduled time in ms, length, class. */
export interface RequestColumns {
  readonly at: Float64Array
  readonly inputTokens: Int32Array
  /** tokens to generate */
  readonly outputTokens: Int32Array
  readonly class: Uint8Array
  /** numbers of prompt prefixes: one for every 512 tokens, unique within a class */
  readonly prefixes?: readonly (Int32Array | null)[]
}

/** The outcomes of the row format, defined a second time to share no code. */
export const SERVED = 0
export const SHED = 1
export const TIMED_OUT = 2
export const ABANDONED = 3
export const FAILED = 4
export const CANCELLED = 5
export const WITHDRAWN = 6
export const REDUNDANT = 7
export const RETRIED = 8

/**
 * Reasons for rejections as numbered in the row format, defined a second time to share no code; in
 * the order in which a pool checks them. 0 is for requests that were not rejected.
 */
export const REFUSED_BY = {
  memory: 1,
  priority: 2,
  deadline: 3,
  concurrency: 4,
  queue: 5,
  tokens: 6,
  unavailable: 7,
  overflow: 8,
} as const
