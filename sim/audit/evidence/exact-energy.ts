import type { Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import type { ExecutorChange } from './absences.ts'
import { aloneTimes } from './card-time.ts'
import { type AuditRows, FAILED } from './raw-rows.ts'

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

type PoweredScenario = Pick<Scenario, 'pools' | 'cards' | 'warmup_s' | 'duration_s'>

/**
 * Mean power of the accelerators of a pool, W, from the end of the warm-up to the end of the
 * traffic or the last end of a request: idle power, and what each batch adds to it for its time. On
 * a shared card it is the share of the idle power that its replicas have, and what each batch adds
 * for its own part of the time.
 */
export function exactPowerW(
  rows: AuditRows,
  scenario: PoweredScenario,
  index: number,
  changes: readonly ExecutorChange[] = [],
): number {
  const { pools, cards = [], warmup_s, duration_s } = scenario
  const pool = pools[index]!
  const idleW = idleOf(pool)
  const from = 1000 * warmup_s
  let to = 1000 * duration_s
  for (const done of rows.done) if (done > to) to = done
  const onCard = pools.map(
    ({ card }, i) => i === index || (card !== undefined && card === pool.card),
  )
  const batches = new Set<number>()
  const uses: { from: number; to: number; key: number }[] = []
  for (let key = 0; key < rows.at.length; key++) {
    const batch = rows.batch[key]!
    if (batch < 0 || !onCard[rows.pool[key]!] || batches.has(batch)) continue
    batches.add(batch)
    if (isRefused(rows, key)) continue
    const [start, end] = [Math.max(from, rows.started[key]!), Math.min(to, rows.ended[key]!)]
    if (end > start) uses.push({ from: start, to: end, key })
  }
  const shared = cards.find(({ name }) => name === pool.card)
  const alone = shared === undefined ? null : aloneTimes(uses, shared.switch_share)
  let extra = 0
  for (const [i, use] of uses.entries()) {
    if (rows.pool[use.key] !== index) continue
    const tookMs = alone === null ? use.to - use.from : alone[i]!
    extra += (powerAt(pool, rows.batchSize[use.key]!) - idleW) * tookMs
  }
  const parallel = pool.tensor_parallel ?? 1
  const restW =
    pool.scaling === undefined
      ? idleCards(pool, pools) * idleW
      : restOfScaled(changes, { pools, index, from, to, idleW })
  return parallel * (restW + extra / (to - from))
}

/**
 * Of a scaled pool, all that is not for batches: idle power while a replica is paid for, the power
 * of a start until it serves, nothing while it is stopped, and idle power of the warm pool.
 */
function restOfScaled(
  changes: readonly ExecutorChange[],
  of: {
    readonly pools: readonly Pool[]
    readonly index: number
    readonly from: number
    readonly to: number
    readonly idleW: number
  },
): number {
  const { pools, index, from, to, idleW } = of
  const { replicas, scaling, power } = pools[index]!
  const first = pools.slice(0, index).reduce((sum, pool) => sum + pool.replicas, 0)
  let sum = 0
  for (let executor = first; executor < first + replicas; executor++) {
    let watts = idleW
    let since = from
    const until = (at: number) => {
      const end = Math.min(Math.max(at, from), to)
      sum += watts * (end - since)
      since = end
    }
    for (const { at, executor: changed, state } of changes) {
      if (changed !== executor) continue
      until(at)
      if (state === 'stopped') watts = 0
      else if (state === 'starting') watts = power?.start_w ?? idleW
      else if (state === 'up') watts = idleW
    }
    until(to)
  }
  return sum / (to - from) + scaling!.warm * idleW
}

/** A replica that is down fails what it is sent after 1 ms, and runs nothing. */
function isRefused({ outcome, started, ended }: AuditRows, key: number): boolean {
  return outcome[key] === FAILED && Math.abs(ended[key]! - started[key]! - 1) < 1e-6
}

/** Of a shared card each replica has the same share. */
function idleCards({ card, replicas }: Pool, pools: readonly Pool[]): number {
  if (card === undefined) return replicas
  let all = 0
  for (const pool of pools) if (pool.card === card) all += pool.replicas
  return replicas / all
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
