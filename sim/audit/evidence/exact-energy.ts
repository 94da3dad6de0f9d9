import type { Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import type { AuditRows } from './raw-rows.ts'

/** Assumed idle power where nothing states it, as a share of the board power. */
const IDLE_SHARE = 0.12

/**
 * Whether rows show all that the energy of a pool depends on: its batches at powers that the
 * scenario states. Heat and power limits change powers and times, and engines have no batches.
 */
export function showsEnergy({ accelerator, power, heat, generation }: Pool): boolean {
  if (heat !== undefined || generation !== undefined || power?.limit_w !== undefined) return false
  return power !== undefined || typeof accelerator === 'object'
}

/**
 * Mean power of the accelerators of a pool, W, from the end of the warm-up to the end of the
 * traffic or the last end of a request: idle power, and what each batch adds to it for its time.
 */
export function exactPowerW(
  rows: AuditRows,
  { pools, warmup_s, duration_s }: Pick<Scenario, 'pools' | 'warmup_s' | 'duration_s'>,
  index: number,
): number {
  const pool = pools[index]!
  const cards = pool.tensor_parallel ?? 1
  const idleW = idleOf(pool)
  const from = 1000 * warmup_s
  let to = 1000 * duration_s
  for (const done of rows.done) if (done > to) to = done
  const seen = new Set<number>()
  let extra = 0
  for (let key = 0; key < rows.at.length; key++) {
    const batch = rows.batch[key]!
    if (batch < 0 || rows.pool[key] !== index || seen.has(batch)) continue
    seen.add(batch)
    const counted = Math.min(to, rows.ended[key]!) - Math.max(from, rows.started[key]!)
    if (counted > 0) extra += (powerAt(pool, rows.batchSize[key]!) - idleW) * counted
  }
  return cards * (pool.replicas * idleW + extra / (to - from))
}

function idleOf({ accelerator, power, partition = 1 }: Pool): number {
  const card = typeof accelerator === 'object' ? accelerator : undefined
  const curve = power?.curve?.map((point) => point.power_w) ?? []
  const board = card === undefined ? Math.max(...curve) : partition * card.power_w.value
  const listed = card?.idle_w === undefined ? IDLE_SHARE * board : partition * card.idle_w.value
  const stated = power?.idle_w ?? listed
  return Math.min(stated, ...(curve.length > 0 ? curve : [board]))
}

/** Of one accelerator in a batch: linear over the logarithm of the size, constant outside. */
function powerAt({ accelerator, power, partition = 1 }: Pool, size: number): number {
  const points = power?.curve
  if (points === undefined) {
    return typeof accelerator === 'object' ? partition * accelerator.power_w.value : 0
  }
  const next = points.findIndex(({ batch }) => batch >= size)
  if (next < 0) return points.at(-1)!.power_w
  const [low, high] = [points[next - 1], points[next]!]
  if (low === undefined) return high.power_w
  const share = Math.log(size / low.batch) / Math.log(high.batch / low.batch)
  return low.power_w + share * (high.power_w - low.power_w)
}
