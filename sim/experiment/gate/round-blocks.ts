import { type Ms, topologyOf } from '../../serving/index.ts'
import { blockWithin, seenOf } from '../comparison/blocks.ts'
import { batchesOf, type ObservedRun } from '../comparison/observed-run.ts'
import type { Slicing } from '../comparison/slicing.ts'
import type { ExecutorWork } from '../comparison/structure.ts'
import { MOST_STALLED, stalledShares } from '../comparison/validity.ts'
import { executorWork } from '../simulation/hardware.ts'
import type { SimulationInput } from '../system/simulation-input.ts'
import { causesOf, clockOf, type PoolCauses, type ServiceClock, serviceOf } from './causes.ts'

/** One side of a round of a measured gate. */
export interface GateSide {
  readonly system: Pick<SimulationInput, 'scenario' | 'models' | 'plan'>
  readonly run: ObservedRun
}

/** How the requests of both sides of a gate are cut. */
export interface GateSlicing extends Slicing {
  /** even: slices of each side in a block */
  readonly blockSlices: number
}

/** Successive slices of base and head. */
export interface MeasuredBlock {
  /** latencies of served requests, ms, ascending */
  readonly a: Float64Array
  readonly b: Float64Array
  /** ln of head's over base's time of the control kernel; null where it was not timed */
  readonly control: number | null
  /** of each pool of the base, in its order */
  readonly causes: readonly PoolCauses[]
  /** time in batches of the base, over all pools, ms */
  readonly busyMs: Ms
  /** number of the base's batches */
  readonly batches: number
  /** service time of the base's batches by the head, over their own; over all pools */
  readonly service: number
}

/**
 * A slice in which the dispatcher stalled for more of the time is left out, with that of the other
 * side. Processor time has no stall in it, so such slices need be no better than that batches form
 * as they do without stalls.
 */
const MOST_STALLED_BY: Readonly<Record<ServiceClock, number>> = {
  processor: 0.25,
  wall: MOST_STALLED,
}
/** Share of the slices of a block that have to be left. */
const FEWEST_SLICES = 0.5

/** How much of a round other programs held up. */
export interface RoundStalls {
  /** shares of the time in which the dispatcher of each side stalled */
  readonly base: number
  readonly head: number
  /** larger share of a slice by which it is left out */
  readonly most: number
  /** slices of each side, and how many of these are left out */
  readonly slices: number
  readonly leftOut: number
}

/** What is left of a round. */
interface RoundBlocks {
  readonly blocks: readonly MeasuredBlock[]
  readonly stalls: RoundStalls
  /** why blocks do not count, with how many */
  readonly leftOut: readonly string[]
}

/**
 * The blocks of a round without the slices in which a side stalled. Pools are matched by name. A
 * block that has too few slices, batches or requests is left out.
 */
export function roundBlocks(base: GateSide, head: GateSide, slicing: GateSlicing): RoundBlocks {
  const { slices, sliceMs, blockSlices } = slicing
  const batches = [base, head].map(poolBatches)
  const every = batches.flatMap((byPool) => [...byPool.values()].flat())
  const most = MOST_STALLED_BY[clockOf(every)]
  const [stalledA, stalledB] = [base, head].map(({ run }) => stalledShares(run, slicing))
  const keeps = Array.from(stalledA!, (share, i) => Math.max(share, stalledB![i]!) <= most)
  const bothSeen = [base, head].map(({ run }) => seenOf({ run, warmupMs: 0 }))
  const compared: Compared = { base, work: executorWork(base.system), batches, bothSeen }
  const blocks: MeasuredBlock[] = []
  const reasons: string[] = []
  for (let first = 0; first < slices; first += blockSlices) {
    const left = keeps.slice(first, first + blockSlices).filter((kept) => kept).length
    const within = (at: Ms) => {
      const slice = Math.min(slices - 1, Math.floor(at / sliceMs))
      return slice >= first && slice < first + blockSlices && keeps[slice]!
    }
    const block =
      left < FEWEST_SLICES * blockSlices
        ? 'other programs used the machine in most slices'
        : blockOf(compared, within)
    if (typeof block === 'string') reasons.push(block)
    else blocks.push(block)
  }
  const meanOf = (shares: Float64Array) => shares.reduce((sum, share) => sum + share, 0) / slices
  const leftOut = keeps.filter((kept) => !kept).length
  const stalls = { base: meanOf(stalledA!), head: meanOf(stalledB!), most, slices, leftOut }
  return { blocks, stalls, leftOut: counted(reasons, slices / blockSlices) }
}

/** "2 of 5 blocks: …" for each reason. */
function counted(reasons: readonly string[], blocks: number): string[] {
  return [...new Set(reasons)].map((reason) => {
    const alike = reasons.filter((other) => other === reason).length
    return `${alike} of ${blocks} blocks: ${reason}`
  })
}

/** Both sides of a round, as blocks are taken from them. */
interface Compared {
  readonly base: GateSide
  readonly work: readonly ExecutorWork[]
  /** of base and head, by the name of the pool */
  readonly batches: readonly ReturnType<typeof poolBatches>[]
  readonly bothSeen: readonly ReturnType<typeof seenOf>[]
}

/** The block of the times that are `within` it; or why it is no evidence. */
function blockOf(
  { base, work, batches, bothSeen }: Compared,
  within: (at: Ms) => boolean,
): MeasuredBlock | string {
  const latencies = blockWithin(bothSeen, within)
  if (latencies === null) return 'a side served no request'
  const causes: PoolCauses[] = []
  let [busyMs, byHead, count] = [0, 0, 0]
  for (const [pool, { name }] of base.system.scenario.pools.entries()) {
    const [ofBase, ofHead] = batches.map((byPool) =>
      byPool.get(name)!.filter(({ dispatched }) => within(dispatched)),
    )
    const paired = { base: ofBase!, head: ofHead! }
    const ofPool = causesOf(paired, workOfPool(base, work, pool))
    if (ofPool === null) return `pool ${name} has too few batches to compare`
    const ran = paired.base.filter(({ failed }) => !failed)
    const busy = ran.reduce((sum, batch) => sum + serviceOf(batch, ofPool.clock), 0)
    causes.push(ofPool)
    busyMs += busy
    byHead += busy * ofPool.service
    count += ran.length
  }
  return { ...latencies, causes, busyMs, batches: count, service: byHead / busyMs }
}

function workOfPool({ system }: GateSide, work: readonly ExecutorWork[], pool: number) {
  return work[topologyOf(system.plan).executorsOf[pool]![0]!]!
}

/** Batches by the name of their pool, in the order of dispatch. */
function poolBatches({ system, run }: GateSide) {
  const pools = topologyOf(system.plan).poolOf.map((pool) => system.scenario.pools[pool]!.name)
  const byPool = new Map(
    system.scenario.pools.map(({ name }) => [name, [] as ReturnType<typeof batchesOf>]),
  )
  for (const batch of batchesOf(run)) byPool.get(pools[batch.executor]!)!.push(batch)
  return byPool
}

/**
 * The share of the time that the busiest pool was in batches, over a run of `durationMs`: by the
 * wall clock, or by the processor time of the batches, where all have it.
 */
export function busiestShares(side: GateSide, durationMs: Ms): Record<ServiceClock, number> {
  const batches = poolBatches(side)
  const clock = clockOf([...batches.values()].flat())
  const by = (of: ServiceClock) =>
    Math.max(
      ...side.system.scenario.pools.map(({ name, replicas }) => {
        const ran = batches.get(name)!.filter(({ failed }) => !failed)
        const busy = ran.reduce((sum, batch) => sum + serviceOf(batch, of), 0)
        return busy / (replicas * durationMs)
      }),
    )
  return { wall: by('wall'), processor: by(clock) }
}
