import type { EjectionChange, Ms, Observer } from '../../serving/index.ts'
import { overRuns } from '../result/over-runs.ts'
import { NOT_RECORDED, type PoolFamily } from './family.ts'

/** Replicas that got no requests for a time, as outlier detection ejected them. */
export const ejections: PoolFamily<EjectionSummary[] | null, 'ejections'> = {
  start(run) {
    if (run.plan.pools.every(({ ejection }) => ejection === undefined)) return NOT_RECORDED
    const recorder = new EjectionRecorder(run)
    return { observers: [recorder], summary: (endMs) => recorder.summaries(endMs) }
  },

  ofPool(summaries, { scenario }, index) {
    if (scenario.pools[index]!.outlier_detection === undefined) return {}
    const each = summaries.map((pools) => pools![index]!)
    const sum = (of: (run: EjectionSummary) => number) =>
      each.reduce((total, run) => total + of(run), 0)
    const countOf = ({ by }: EjectionSummary) =>
      by.consecutive + by['success-rate'] + by['failure-percentage']
    return {
      ejections: {
        count: overRuns(each, countOf),
        by: {
          consecutive: sum(({ by }) => by.consecutive),
          success_rate: sum(({ by }) => by['success-rate']),
          failure_percentage: sum(({ by }) => by['failure-percentage']),
        },
        ejected_s: overRuns(each, ({ ejectedS }) => ejectedS),
        panic_s: overRuns(each, ({ panicS }) => panicS),
        replicas: each[0]!.replicas
          .map((_, replica) => ({
            replica,
            ejections: sum(({ replicas }) => replicas[replica]!.ejections) / each.length,
            ejected_s: sum(({ replicas }) => replicas[replica]!.ejectedS) / each.length,
          }))
          .filter(({ ejections: count, ejected_s }) => count > 0 || ejected_s > 0),
      },
    }
  },
}

/** Replicas of a pool that got no requests for a time, as they had failed some. */
export interface EjectionSummary {
  /** after the warm-up, by cause */
  readonly by: Readonly<Record<EjectionCause, number>>
  /** replicas times seconds in which nothing was routed to them, after the warm-up */
  readonly ejectedS: number
  /** seconds in which ejections were ignored */
  readonly panicS: number
  /** by number of the replica */
  readonly replicas: readonly { readonly ejections: number; readonly ejectedS: number }[]
}

type EjectionCause = Exclude<EjectionChange['reason'], 'probe' | null>

interface Replica {
  ejections: number
  ejectedS: number
  /** nothing is routed to it; both are equal where it gets requests */
  from: Ms
  until: Ms
}

/** Records how often replicas are ejected, and for how long. */
export class EjectionRecorder implements Observer {
  readonly #replicas: readonly Replica[]
  readonly #pools: readonly {
    readonly by: Record<EjectionCause, number>
    readonly executors: number[]
    panicS: number
    /** Infinity while ejections count */
    panicFrom: Ms
  }[]
  readonly #poolOf: readonly number[]
  readonly #warmupMs: Ms

  constructor({ poolOf, warmupMs }: { readonly poolOf: readonly number[]; readonly warmupMs: Ms }) {
    this.#poolOf = poolOf
    this.#warmupMs = warmupMs
    this.#replicas = poolOf.map(() => ({ ejections: 0, ejectedS: 0, from: 0, until: 0 }))
    this.#pools = Array.from({ length: Math.max(-1, ...poolOf) + 1 }, (_, pool) => ({
      by: { consecutive: 0, 'success-rate': 0, 'failure-percentage': 0 },
      executors: [...poolOf.keys()].filter((executor) => poolOf[executor] === pool),
      panicS: 0,
      panicFrom: Number.POSITIVE_INFINITY,
    }))
  }

  ejected(at: Ms, { executor, until, reason, panics }: EjectionChange): void {
    const replica = this.#replicas[executor]!
    const pool = this.#pools[this.#poolOf[executor]!]!
    replica.ejectedS += this.#secondsIn(replica.from, Math.min(replica.until, at))
    replica.from = at
    replica.until = until
    if (reason !== null && reason !== 'probe' && at >= this.#warmupMs) {
      replica.ejections++
      pool.by[reason]++
    }
    if (panics) pool.panicFrom = Math.min(pool.panicFrom, at)
    else {
      pool.panicS += this.#secondsIn(pool.panicFrom, at)
      pool.panicFrom = Number.POSITIVE_INFINITY
    }
  }

  /** Of each pool, for a run that ends at `end`. */
  summaries(end: Ms): EjectionSummary[] {
    return this.#pools.map(({ by, executors, panicS, panicFrom }) => {
      const replicas = executors.map((executor) => {
        const { ejections, ejectedS, from, until } = this.#replicas[executor]!
        return { ejections, ejectedS: ejectedS + this.#secondsIn(from, Math.min(until, end)) }
      })
      return {
        by,
        ejectedS: replicas.reduce((sum, { ejectedS }) => sum + ejectedS, 0),
        panicS: panicS + this.#secondsIn(panicFrom, end),
        replicas,
      }
    })
  }

  /** The part of a time after the warm-up. */
  #secondsIn(from: Ms, to: Ms): number {
    return Math.max(0, to - Math.max(from, this.#warmupMs)) / 1000
  }
}
