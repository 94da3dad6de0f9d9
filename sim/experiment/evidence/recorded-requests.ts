import type { Ms } from '../../serving/index.ts'

/**
 * Requests as their clients or a proxy recorded them, in order of arrival: when they were to be
 * sent, or where that is not known of all of them, when they were sent. Times are in ms after the
 * first arrival; NaN for what is not recorded.
 */
export interface RecordedRequests {
  readonly count: number
  readonly columns: {
    readonly scheduledMs: Float64Array
    readonly sentMs: Float64Array
    readonly firstTokenMs: Float64Array
    readonly endMs: Float64Array
    /** waits that the server states */
    readonly queueMs: Float64Array
    readonly inputTokens: Float64Array
    readonly outputTokens: Float64Array
  }
  /** 1 for each that was answered */
  readonly ok: Uint8Array
  /** number of the instance of the server that answered; -1 where it is not known */
  readonly instance: Int32Array
  /** whether arrivals are times of a schedule */
  readonly scheduled: boolean
}

/** When each request arrived. */
export const arrivalsOf = ({ columns, scheduled }: RecordedRequests): Float64Array =>
  columns[scheduled ? 'scheduledMs' : 'sentMs']

/** From the first arrival to the last. */
export const spanMs = (log: RecordedRequests): Ms => arrivalsOf(log)[log.count - 1]!

/** How many of the requests of a server a log has. */
export interface Coverage {
  /** share of the requests; null where it is not known */
  readonly share: number | null
  /** whether some are known to be missing */
  readonly isPart: boolean
  /** whether records show the share */
  readonly isRecorded: boolean
}

export const WHOLE: Coverage = { share: 1, isPart: false, isRecorded: true }
