import type { ExecutorPhase, Ms, Observer } from '../../serving/index.ts'
import { overRuns } from '../result/over-runs.ts'
import { NOT_RECORDED, type SystemFamily } from './family.ts'

/** What scaled pools have of their common budget. */
export const budget: SystemFamily<BudgetSummary | null, 'budget'> = {
  start(run) {
    const { budget: shared } = run.plan
    if (shared === undefined) return NOT_RECORDED
    const recorder = new BudgetRecorder({ ...run, pools: shared.pools })
    return { observers: [recorder], summary: (endMs) => recorder.summary(endMs) }
  },

  ofSystem(summaries, { scenario, runs }) {
    const { budget: shared, pools } = scenario
    const each = summaries.filter((run) => run !== null)
    if (shared === undefined || each.length < summaries.length) return {}
    const limits = (['replicas', 'watts'] as const).flatMap((what) => {
      const limit = shared[what]
      if (limit === undefined) return []
      const most = Math.max(...each.map((run) => run[what].most))
      return { what, limit, most, mean: overRuns(each, (run) => run[what].mean) }
    })
    const cutPools = pools.flatMap(({ name, scaling }, pool) => {
      if (scaling === undefined) return []
      const cuts = each.map((run) => run.cuts[pool]!)
      const shares = cuts.map(({ seconds }, i) => (1000 * seconds) / runs[i]!.observedMs)
      return {
        name,
        cut_share: overRuns(shares, (share) => share, 1),
        cut_replica_hours: overRuns(cuts, ({ replicaS }) => replicaS / 3600),
      }
    })
    return { budget: { limits, pools: cutPools } }
  },
}

/** What scaled pools had of their common budget. */
export interface BudgetSummary {
  /** replicas that start, serve or finish what they have, and warm pools; watts of these */
  readonly replicas: UsedShare
  readonly watts: UsedShare
  /** of each pool: how long and how much less it was granted than its scaler asked for */
  readonly cuts: readonly { readonly seconds: number; readonly replicaS: number }[]
}

interface UsedShare {
  /** at any time after the warm-up */
  readonly most: number
  readonly mean: number
}

type Add = (ms: number) => void

interface SharingPool {
  readonly warm: number
  readonly replicaW: number
}

/** Records what scaled pools have of a budget together, from the end of the warm-up on. */
class BudgetRecorder implements Observer {
  readonly #poolOf: readonly number[]
  /** by pool; null for a pool that does not count */
  readonly #pools: readonly (SharingPool | null)[]
  readonly #warmupMs: Ms
  readonly #stopped: Uint8Array
  readonly #used = { replicas: new Level(), watts: new Level() }
  readonly #cuts: readonly { now: number; seconds: number; replicaS: number }[]
  readonly #durationMs: Ms
  /** what was had after the traffic, when the end of the run is not known */
  readonly #after: { readonly from: Ms; readonly to: Ms; readonly add: Add }[] = []
  #at: Ms = 0

  constructor(of: {
    readonly poolOf: readonly number[]
    readonly pools: readonly (SharingPool | null)[]
    readonly warmupMs: Ms
    readonly durationMs: Ms
  }) {
    this.#poolOf = of.poolOf
    this.#pools = of.pools
    this.#warmupMs = of.warmupMs
    this.#durationMs = of.durationMs
    this.#stopped = new Uint8Array(of.poolOf.length)
    this.#cuts = of.pools.map(() => ({ now: 0, seconds: 0, replicaS: 0 }))
    for (const pool of of.pools) if (pool !== null) this.#add(pool.warm, pool)
    for (const pool of of.poolOf) this.#add(1, of.pools[pool]!)
  }

  executor(now: Ms, executor: number, phase: ExecutorPhase): void {
    const pool = this.#pools[this.#poolOf[executor]!]!
    const stopped = phase === 'stopped' ? 1 : 0
    if (this.#stopped[executor] === stopped) return
    this.#pass(now)
    this.#stopped[executor] = stopped
    this.#add(stopped === 1 ? -1 : 1, pool)
  }

  cut(now: Ms, pool: number, replicas: number): void {
    this.#pass(now)
    this.#cuts[pool]!.now = replicas
  }

  /** Of a run that ends at `at`. */
  summary(at: Ms): BudgetSummary {
    this.#pass(at)
    for (const { from, to, add } of this.#after) add(Math.max(0, Math.min(to, at) - from))
    const seconds = (at - this.#warmupMs) / 1000
    const used = ({ most, sum }: Level) => ({ most, mean: sum / seconds })
    return {
      replicas: used(this.#used.replicas),
      watts: used(this.#used.watts),
      cuts: this.#cuts.map(({ seconds: s, replicaS }) => ({ seconds: s, replicaS })),
    }
  }

  #add(replicas: number, pool: SharingPool | null): void {
    if (pool === null) return
    this.#used.replicas.now += replicas
    this.#used.watts.now += replicas * pool.replicaW
  }

  #pass(now: Ms): void {
    const from = Math.max(this.#at, this.#warmupMs)
    if (now > from) {
      const { replicas, watts } = this.#used
      const had = [replicas, watts].map((level) => level.adding())
      const cuts = this.#cuts.map((cut) => {
        const { now: replicasCut } = cut
        return (ms: number) => {
          if (replicasCut > 0) cut.seconds += ms / 1000
          cut.replicaS += (replicasCut * ms) / 1000
        }
      })
      const add = (ms: number) => {
        for (const one of [...had, ...cuts]) if (ms > 0) one(ms)
      }
      if (now <= this.#durationMs) add(now - from)
      else this.#after.push({ from, to: now, add })
    }
    this.#at = Math.max(this.#at, now)
  }
}

/** A level over time. */
class Level {
  now = 0
  most = 0
  sum = 0

  adding(): Add {
    const { now } = this
    return (ms) => {
      this.most = Math.max(this.most, now)
      this.sum += (now * ms) / 1000
    }
  }
}
