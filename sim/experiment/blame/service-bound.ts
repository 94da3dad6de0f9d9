import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { passTime, regionOf } from '../../accelerator/index.ts'
import { operationsPart } from '../simulation/operations-times.ts'
import { batchPart, placed } from '../simulation/transformer-times.ts'
import { declaredSpeed } from '../system/scaled-speed.ts'

export type ServiceBound = 'compute' | 'bandwidth' | 'launches'

const BOUNDS = Object.freeze({
  'compute-bound': 'compute',
  'memory-bound': 'bandwidth',
  'launch-bound': 'launches',
} as const)

/**
 * The side of the roofline on which a batch of a pool is. Null where the work of its model is
 * measured or declared as times, and for engines, whose steps are not in the rows.
 */
export function serviceBound(
  { models, pools }: Scenario,
  index: number,
  batch: { readonly size: number; readonly length: number },
): ServiceBound | null {
  const pool = pools[index]!
  const model = models[pool.model]!
  if (!('work' in model)) return null
  const work = declaredSpeed(model)
  if (work.law === 'operations') {
    const { card, group, tokens } = operationsPart(work, pool)(batch.size, batch.length)
    return BOUNDS[regionOf(passTime(card, [group], tokens))]
  }
  if (work.law !== 'transformer-encoder') return null
  const on = placed(work, pool)
  const { groups, tokens } = batchPart(on, batch.size, batch.length)
  return BOUNDS[regionOf(passTime(on.card, groups, tokens))]
}
