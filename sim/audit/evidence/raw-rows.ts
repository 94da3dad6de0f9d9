/** Raw rows, one for each request, by its key; times in ms, NaN where it never came so far. */
export interface AuditRows {
  /** scheduled arrival */
  readonly at: Float64Array
  /** handed to its queue */
  readonly sent: Float64Array
  readonly dispatched: Float64Array
  readonly started: Float64Array
  readonly ended: Float64Array
  /** its end was known to the control plane */
  readonly done: Float64Array
  readonly class: Uint8Array
  /** 1 for the first of a call */
  readonly attempt: Uint8Array
  /** scheduled arrival of the first attempt */
  readonly since: Float64Array
  /** number of what its client sent */
  readonly sending: Int32Array
  /** of that, from 0 */
  readonly part: Uint16Array
  /** when its client leaves; Infinity for never */
  readonly leaves: Float64Array
  readonly pool: Uint8Array
  /** that it joined or was refused by */
  readonly queue: Int32Array
  readonly length: Int32Array
  readonly executor: Int32Array
  /** -1 for none */
  readonly batch: Int32Array
  readonly batchSize: Int16Array
  /** 0 where its batch was not padded */
  readonly padded: Int32Array
  readonly outcome: Uint8Array
  readonly firstToken: Float64Array
  /** how often it lost its place among those who generate */
  readonly preemptions: Int32Array
  /** why it was refused: a number of REFUSED_BY */
  readonly refusal: Uint8Array
}

/** What clients were to send, in order of arrival: scheduled time in ms, length, class. */
export interface RequestColumns {
  readonly at: Float64Array
  readonly length: Int32Array
  /** tokens to generate */
  readonly output: Int32Array
  readonly class: Uint8Array
  /** of prompts whose tokens are numbered: a number for every 512 of them, of its class */
  readonly prefixes?: readonly (Int32Array | null)[]
}

/** The outcomes of the row format, written down a second time on purpose. */
export const SERVED = 0
export const SHED = 1
export const TIMED_OUT = 2
export const ABANDONED = 3
export const FAILED = 4
export const CANCELLED = 5

/**
 * Reasons of refusals as the row format numbers them, written down a second time; in the order in
 * which a pool looks for them. 0 is for requests that were not refused.
 */
export const REFUSED_BY = {
  memory: 1,
  priority: 2,
  deadline: 3,
  concurrency: 4,
  queue: 5,
  tokens: 6,
} as const
