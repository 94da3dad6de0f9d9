/**
 * The kinds of events, in their order at one instant. A batch has ended when its executor reports
 * it, and is done when the dispatcher has seen the report.
 */
/** an executor comes or goes */
export const LIFECYCLE = 0
export const ENDED = 1
/** a step of a run whose steps end one by one has ended on its executor */
export const STEP_ENDED = 2
export const DONE = 3
/** the dispatcher has seen that such a run has ended */
export const RUN_DONE = 4
export const STEPPED = 5
export const LOADED = 6
export const TIMER = 7
/** messages may have been delivered */
export const DELIVERED = 8
export const ARRIVAL = 9
/** wakes the world to check whether traffic has ended */
export const LOOK = 10

/** Whether an event ends what an executor does. */
export function isOfExecutor(kind: number): boolean {
  return kind > LIFECYCLE && kind < TIMER
}
