import type { RackHeat, Throttle } from '../../accelerator/index.ts'

/** The power of the accelerators of one executor, and what heat does to them. */
export interface PoweredExecutor {
  readonly pool: number
  /**
   * accelerators, which share each batch and are equally warm; of a time-sliced one, the share
   * whose idle power counts for this executor
   */
  readonly cards: number
  /** of each card, W */
  readonly idleW: number
  /** of each card while its replica starts, W */
  readonly startW: number
  /** of each card in a batch of this size, or a step of so many sequences, W */
  readonly batchW: (size: number) => number
  /** time under the power limit over the time without it */
  readonly slowdown: (size: number) => number
  /** null where the temperature is not simulated */
  readonly heat: ExecutorHeat | null
}

export interface ExecutorHeat {
  /** by the index of the rack, and that of the device in it */
  readonly rack: number
  readonly device: number
  readonly throttle: Throttle
  /** temperature at which a stopped card goes on, °C; null where it never stops */
  readonly restartC: number | null
}

/** All executors with power, and the racks that they are in. */
export interface PowerPlan {
  /** by executor; null without power */
  readonly executors: readonly (PoweredExecutor | null)[]
  readonly racks: readonly RackHeat[]
  readonly pools: number
  /** of each pool, what its warm pool takes, W */
  readonly warmW: readonly number[]
}
