import type { Ms } from '../ports.ts'

/** Why nothing is routed to a replica; `probe`: one request was sent to it, and has not ended. */
export type EjectionReason = 'consecutive' | 'success-rate' | 'failure-percentage' | 'probe'

/** How a request ended at its replica; `none` where that tells nothing about the replica. */
export type RequestResult = 'success' | 'failure' | 'none'

/**
 * Nothing is routed to a replica from `at` until `until`, or until the next change; where both are
 * equal it takes requests again.
 */
export type ReportEjection = (
  at: Ms,
  host: number,
  until: Ms,
  reason: EjectionReason | null,
) => void

/** A draw in (0, 1) for a penalty of a replica, of which it had so many before. */
export type DrawPenalty = (host: number, before: number) => number

/**
 * The state of one rule on the replicas of a pool, by their numbers. Its clock is the time of the
 * events: what was due between two of them is made up for at the second, at the time that it was
 * due. So no timer may be late, and decisions follow from the rows of a run alone. Of one instant
 * requests that end come first, then what is due, then arrivals.
 */
export interface Detector {
  /** Makes up for what is due up to an arrival. */
  advance(now: Ms): void
  /** 1 for replicas to which nothing is routed */
  readonly closed: Uint8Array
  /** A request has ended. */
  ended(now: Ms, host: number, result: RequestResult): void
  /** A request was routed to a replica. */
  sent(now: Ms, host: number): void
  /** A replica takes requests from now on, with no history. */
  joined(now: Ms, host: number): void
  /** A replica is lost, drains or stops: it is forgotten. */
  left(now: Ms, host: number): void
  /** Whether ejections are to be ignored. */
  readonly panics: boolean
}
