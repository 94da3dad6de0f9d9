/**
 * The kinds of events, in their order at one instant. A batch has ended when its executor reports
 * it, and is done when the dispatcher has seen the report.
 */
export const ENDED = 0
export const DONE = 1
export const STEPPED = 2
export const LOADED = 3
export const TIMER = 4
export const ARRIVAL = 5
/** wakes the world to check whether traffic has ended */
export const LOOK = 6
