import {
  executorsOf,
  type Ms,
  OUTCOME,
  type PoolPlan,
  type ServingPlan,
} from '../../serving/index.ts'
import type { ExecutorChange, RowColumns } from '../../stats/index.ts'
import type { ObservedRun } from '../comparison/observed-run.ts'

/** A batch on an executor, with its halves where memory split it; of an engine, one sequence. */
export interface Occupation {
  readonly executor: number
  /** request keys */
  readonly members: readonly number[]
  readonly dispatched: Ms
  readonly done: Ms
}

/** The rows of one queue. */
export interface StationRows {
  readonly pool: PoolPlan
  readonly firstExecutor: number
  readonly executors: number
  /** keys of the requests that waited, if only for an instant */
  readonly waited: readonly number[]
  readonly occupations: readonly Occupation[]
  readonly changes: readonly ExecutorChange[]
}

/** When a request left its queue: with its batch, or for good; NaN for one that never joined it. */
export function leftAt(rows: RowColumns, key: number): Ms {
  if (rows.batch[key]! >= 0) return rows.dispatched[key]!
  return rows.outcome[key] === OUTCOME.shed ? Number.NaN : rows.done[key]!
}

/** The rows of a run by queue; queues are numbered pool by pool. */
export function stationRows(plan: ServingPlan, run: ObservedRun): StationRows[] {
  const c = run.rows.columns
  const placed = executorsOf(plan)
  const firsts = plan.pools.flatMap((pool) => {
    const first = placed.findIndex((one) => one.pool === pool.index)
    if (!pool.perReplicaQueues) return [{ pool, firstExecutor: first, executors: pool.replicas }]
    return Array.from({ length: pool.replicas }, (_, i) => ({
      pool,
      firstExecutor: first + i,
      executors: 1,
    }))
  })
  const stationOf = Int32Array.from(placed.keys(), (executor) =>
    firsts.findIndex((one) => executor < one.firstExecutor + one.executors),
  )
  const waited: number[][] = firsts.map(() => [])
  const batches: Map<string, { members: number[]; done: Ms }>[] = firsts.map(() => new Map())
  for (let key = 0; key < run.rows.count; key++) {
    const queue = c.queue[key]!
    if (queue >= 0 && leftAt(c, key) >= c.sent[key]!) waited[queue]!.push(key)
    if (c.batch[key]! < 0 || Number.isNaN(c.done[key]!)) continue
    const station = stationOf[c.executor[key]!]!
    // halves of a batch have numbers of their own, and one instant of dispatch
    const generates = firsts[station]!.pool.generation !== undefined
    const own = batches[station]!
    const name = generates ? String(key) : `${c.executor[key]} ${c.dispatched[key]}`
    const known = own.get(name)
    if (known === undefined) own.set(name, { members: [key], done: c.done[key]! })
    else {
      known.members.push(key)
      known.done = Math.max(known.done, c.done[key]!)
    }
  }
  return firsts.map((station, i) => ({
    ...station,
    waited: waited[i]!,
    occupations: Array.from(batches[i]!.values(), ({ members, done }) => {
      const [key] = members as [number]
      return { executor: c.executor[key]!, members, dispatched: c.dispatched[key]!, done }
    }),
    changes: (run.changes ?? []).filter(({ executor }) => stationOf[executor] === i),
  }))
}
