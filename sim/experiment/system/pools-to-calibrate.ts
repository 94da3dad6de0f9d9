import { largestBatch, type PoolPlan, servingPlan } from '../../serving/index.ts'
import { type LengthMix, lengthMixes } from './length-mix.ts'
import type { PreparedScenario } from './prepared-scenario.ts'

/** What a calibration covers of a pool, whose model has no profile yet. */
export interface PoolToCalibrate {
  readonly plan: PoolPlan
  readonly maxBatch: number
  readonly lengths: LengthMix
}

export function poolsToCalibrate(prepared: PreparedScenario): readonly PoolToCalibrate[] {
  const plan = servingPlan(prepared.scenario)
  const lengths = lengthMixes(prepared, plan)
  return plan.pools.map((pool, i) => ({
    plan: pool,
    maxBatch: largestBatch(pool),
    lengths: lengths[i]!,
  }))
}
