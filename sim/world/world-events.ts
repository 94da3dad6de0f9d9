/**
 * The kinds of events, in their order at one instant. A batch has ended when its executor reports
 * it, and is done when the dispatcher has seen the report.
 */
export const WORLD_EVENT = Object.freeze({
  /** an executor comes or goes */
  lifecycle: 0,
  ended: 1,
  done: 2,
  stepped: 3,
  loaded: 4,
  timer: 5,
  arrival: 6,
  /** wakes the world to check whether traffic has ended */
  look: 7,
} as const)

/** Whether an event ends what an executor does. */
export function isOfExecutor(kind: number): boolean {
  return kind > WORLD_EVENT.lifecycle && kind < WORLD_EVENT.timer
}
