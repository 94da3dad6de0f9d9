import { executorsOf, type Ms } from '../../serving/index.ts'
import { blocksOf } from '../comparison/blocks.ts'
import { batchesOf, type ObservedRun } from '../comparison/observed-run.ts'
import type { Slicing } from '../comparison/slicing.ts'
import type { ExecutorWork } from '../comparison/structure.ts'
import { executorWork } from '../simulation/hardware.ts'
import type { SimulationInput } from '../system/simulation-input.ts'
import { causesOf, type PoolCauses } from './causes.ts'

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
 * The blocks of a round. Pools are matched by name. Returns why they are no evidence where a block
 * has too few batches or requests.
 */
export function roundBlocks(
  base: GateSide,
  head: GateSide,
  { slices, sliceMs, blockSlices }: GateSlicing,
): MeasuredBlock[] | string {
  const of = ({ run }: GateSide) => ({ run, warmupMs: 0 })
  const latencies = blocksOf(of(base), of(head), blockSlices)
  if (latencies.length !== slices / blockSlices) return 'a block served no request'
  const blockMs = blockSlices * sliceMs
  const work = executorWork(base.system)
  const [batchesA, batchesB] = [base, head].map(poolBatches)
  const blocks: MeasuredBlock[] = []
  for (const [i, { a, b, control }] of latencies.entries()) {
    const within = ({ dispatched }: { readonly dispatched: Ms }) =>
      dispatched >= i * blockMs && dispatched < (i + 1) * blockMs
    const causes: PoolCauses[] = []
    let [own, changed, count] = [0, 0, 0]
    for (const [pool, { name }] of base.system.scenario.pools.entries()) {
      const paired = {
        base: batchesA!.get(name)!.filter(within),
        head: batchesB!.get(name)!.filter(within),
      }
      const found = causesOf(paired, workOfPool(base, work, pool))
      if (found === null) {
        const counts = `${paired.base.length} batches of the base and ${paired.head.length} of the head`
        return `pool ${name}: a block has ${counts}, too few to compare`
      }
      const busy = paired.base.reduce((sum, { started, ended }) => sum + ended - started, 0)
      causes.push(found)
      own += busy
      changed += busy * found.service
      count += paired.base.length
    }
    blocks.push({ a, b, control, causes, busyMs: own, batches: count, service: changed / own })
  }
  return blocks
}

function workOfPool({ system }: GateSide, work: readonly ExecutorWork[], pool: number) {
  return work[executorsOf(system.plan).findIndex((executor) => executor.pool === pool)]!
}

/** Batches by the name of their pool, in the order of dispatch. */
function poolBatches({ system, run }: GateSide) {
  const pools = executorsOf(system.plan).map(({ pool }) => system.scenario.pools[pool]!.name)
  const byPool = new Map(
    system.scenario.pools.map(({ name }) => [name, [] as ReturnType<typeof batchesOf>]),
  )
  for (const batch of batchesOf(run.rows, run.processorMs)) byPool.get(pools[batch.executor]!)!.push(batch)
  return byPool
}

/** The share of the time that the busiest pool was in batches, over a run of `durationMs`. */
export function busiestShare(side: GateSide, durationMs: Ms): number {
  const batches = poolBatches(side)
  return Math.max(
    ...side.system.scenario.pools.map(({ name, replicas }) => {
      const own = batches.get(name)!
      const busy = own.reduce((sum, { started, ended }) => sum + ended - started, 0)
      return busy / (replicas * durationMs)
    }),
  )
}
