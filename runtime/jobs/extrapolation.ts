import type { Scenario } from '../../scenarios/index.ts'
import { largestBatch } from '../../sim/serving/index.ts'
import { isMeasured, measuredTable } from '../../sim/world/index.ts'
import type { System } from './prepare.ts'

/**
 * A warning for each pool whose batches or lengths may lie beyond the largest that its model was
 * measured at. There the last slope goes on, which nothing has shown.
 */
export function extrapolationWarnings({
  scenario,
  plan,
  lengths,
  models,
}: Pick<System, 'plan' | 'lengths' | 'models'> & { readonly scenario: Scenario }): string[] {
  return scenario.pools.flatMap((pool, i) => {
    const model = scenario.models[pool.model]!
    const declared = 'work' in model ? model.work : null
    if (declared !== null && !isMeasured(declared)) return []
    const table = declared === null ? models[i]?.work : measuredTable(declared)
    if (table === undefined) return []
    const [size, length] = [table.sizes.at(-1)!, table.lengths.at(-1)!]
    const most = { batch: largestBatch(plan.pools[i]!), length: lengths[i]!.max }
    const beyond = [
      ...(most.batch > size
        ? [`batches of up to ${most.batch} requests (measured: ${Number(size.toFixed(1))})`]
        : []),
      ...(declared?.law === 'length-table' && most.length > length
        ? [`lengths of up to ${most.length} (measured: ${length})`]
        : []),
    ]
    if (beyond.length === 0) return []
    const what = beyond.join(' and ')
    return [`pool ${pool.name}: times of ${pool.model} are extrapolated for ${what}`]
  })
}
