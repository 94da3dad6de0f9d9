/** What jobs do by default, apart from the modules that do it, since help names it. */

/** Simulations by default, by the kind of answer. */
export const REPLICATIONS = {
  /** an interval of a mean, by Student's t */
  interval: 10,
  /** the range in which one replay falls */
  band: 40,
  /** whether a trace could be one of them */
  test: 99,
} as const

/** Replays with other seeds, before and between those that are judged. */
export const REHEARSALS = 3

/** Replays of the same requests. */
export const REPLAYS = 3

export const PLAN_DEFAULTS = { confidence: 0.95, replications: 24 } as const

/** Calibration time of each model, warm-up included. */
export const CALIBRATION_SECONDS = 60

/** The same in a run, whose rehearsals measure speed, stalls and overheads. */
export const RUN_SECONDS = 30

/** How long the noise of a machine is measured. */
export const NOISE_SECONDS = 10

/** How long executors are measured after idle times. */
export const IDLE_SECONDS = 20

/** The relative change of a metric that a gate takes for no regression. */
export const MARGIN = 0.05

/** The share of the time that the base of a measured gate is busy. */
export const GATE_LOAD = 0.55
/** Of a measured gate at most, minutes. */
export const GATE_MINUTES = 10
/** Beyond it queues decide the tail. */
export const MOST_GATE_LOAD = 0.8

/** How long the client of this machine is measured, and at which rate, requests/s. */
export const CLIENT_SECONDS = 10
export const CLIENT_RPS = 1000
