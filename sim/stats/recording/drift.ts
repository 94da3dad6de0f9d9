import type { Ms } from '../../serving/index.ts'
import type { EndedRequests } from './columns.ts'

/** Blocks of the second half of the counted time, from which the scatter of its drift is known. */
const BLOCKS = 10
/** Numbers of the time before the second half and of the drain after the traffic. */
const BEFORE = 0
const AFTER = BLOCKS + 1

interface DriftOptions {
  readonly warmupMs: Ms
  /** end of the traffic */
  readonly durationMs: Ms
  /** pool of each executor */
  readonly poolOf: readonly number[]
  /** of each pool, the size of its largest batch */
  readonly largest: readonly number[]
  /** of each pool, whether its executors are connections, behind which a backlog grows unseen */
  readonly connections: readonly boolean[]
}

/** Whether requests pile up or are turned away, over the second half of the counted time. */
export interface RunDrift {
  /** requests that executors hold when each has its largest batch */
  readonly held: number
  /** requests in the system at the end of the traffic */
  readonly backlog: number
  /** requests that were scheduled in each block */
  readonly arrived: readonly number[]
  /** by how many requests the number in the system grew in each block */
  readonly growth: readonly number[]
  readonly pools: readonly PoolDrift[]
}

interface PoolDrift {
  /**
   * Requests that left it, and how many of them were turned away, timed out or failed. A copy that
   * another one answered for, and an attempt that was sent again, are neither.
   */
  readonly ended: number
  readonly lost: number
  /**
   * Of each block: time that served and lost requests took or would have taken, at the mean of
   * those served, over the time of all replicas.
   */
  readonly demand: readonly number[]
}

/**
 * Counts requests by when they were scheduled and by when they ended: their difference is the
 * number in the system, wherever they wait. Costs two additions a request.
 */
export class DriftRecorder {
  readonly #fromMs: Ms
  readonly #blockMs: Ms
  readonly #held: number
  readonly #scheduled = counters()
  readonly #ended = counters()
  readonly #pools: readonly {
    readonly replicas: number
    readonly served: Float64Array
    readonly lost: Float64Array
    /** of the served: copies and attempts that another one answered for */
    readonly spare: Float64Array
    readonly busyMs: Float64Array
  }[]

  constructor({ warmupMs, durationMs, largest, poolOf, connections }: DriftOptions) {
    this.#fromMs = (warmupMs + durationMs) / 2
    this.#blockMs = (durationMs - this.#fromMs) / BLOCKS
    this.#held = poolOf.reduce((held, pool) => held + (connections[pool] ? 0 : largest[pool]!), 0)
    this.#pools = largest.map((_, pool) => ({
      replicas: poolOf.filter((executorPool) => executorPool === pool).length,
      served: counters(),
      lost: counters(),
      spare: counters(),
      busyMs: counters(),
    }))
  }

  /** Requests of batches that ended, by their scheduled arrival. */
  scheduled({ count, scheduled }: EndedRequests): void {
    for (let row = 0; row < count; row++) this.#scheduled[this.#block(scheduled.values[row]!)]!++
  }

  batch(now: Ms, pool: number, size: number, busyMs: Ms): void {
    const block = this.#block(now)
    const { served, busyMs: busy } = this.#pools[pool]!
    this.#ended[block]! += size
    served[block]! += size
    busy[block]! += busyMs
  }

  /** A request left without having run; `isSpare`: another copy or attempt of it counts. */
  left(now: Ms, at: Ms, pool: number, isSpare: boolean): void {
    const block = this.#block(now)
    this.#scheduled[this.#block(at)]!++
    this.#ended[block]!++
    if (!isSpare) this.#pools[pool]!.lost[block]!++
  }

  /** A request of a batch has ended, and another copy or attempt of it counts. */
  spare(now: Ms, pool: number): void {
    this.#pools[pool]!.spare[this.#block(now)]!++
  }

  summary(): RunDrift {
    const growth = Array.from(this.#scheduled, (count, block) => count - this.#ended[block]!)
    return {
      held: this.#held,
      backlog: sum(growth.slice(BEFORE, AFTER)),
      arrived: inBlocks(this.#scheduled),
      growth: growth.slice(BEFORE + 1, AFTER),
      pools: this.#pools.map(({ replicas, ...counts }) => {
        const { served: ran, busyMs: busy } = counts
        const [served, lost, spare, busyMs] = [ran, counts.lost, counts.spare, busy].map(inBlocks)
        // without any served, only the work of batches under way is known
        const eachMs = sum(served!) === 0 ? 0 : sum(busyMs!) / sum(served!)
        return {
          ended: sum(served!) - sum(spare!) + sum(lost!),
          lost: sum(lost!),
          demand: busyMs!.map((ms, i) => (ms + lost![i]! * eachMs) / (replicas * this.#blockMs)),
        }
      }),
    }
  }

  #block(at: Ms): number {
    if (at < this.#fromMs) return BEFORE
    return Math.min(AFTER, 1 + Math.floor((at - this.#fromMs) / this.#blockMs))
  }
}

const counters = () => new Float64Array(AFTER + 1)
const inBlocks = (counts: Float64Array) => Array.from(counts.subarray(BEFORE + 1, AFTER))
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
