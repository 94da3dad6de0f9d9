/**
 * The kinds of events, in their order at one instant. A batch has ended when its executor reports
 * it, and is done when the dispatcher has seen the report.
 */
/** an executor comes or goes */
export const LIFECYCLE = 0
export const ENDED = 1
export const DONE = 2
export const STEPPED = 3
export const LOADED = 4
export const TIMER = 5
/** messages may have been delivered */
export const DELIVERED = 6
export const ARRIVAL = 7
/** wakes the world to check whether traffic has ended */
export const LOOK = 8

/** Whether an event ends what an executor does. */
export function isOfExecutor(kind: number): boolean {
  return kind > LIFECYCLE && kind < TIMER
}
