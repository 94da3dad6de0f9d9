import { observerOf } from '../observers.ts'
import type { ServingPlan } from '../plan.ts'
import type { Ms, Observer } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { Router } from '../routing/router.ts'
import type { Station } from '../routing/station.ts'
import type { PoolState } from '../routing/stations.ts'
import type { ArmedTimers } from '../servers/armed-timers.ts'
import { Tuner } from './tuner.ts'
import type { TuningPlan } from './tuning-plan.ts'

interface Tunable {
  readonly requests: Requests
  readonly pools: readonly PoolState[]
  /** among the pools */
  readonly routers: readonly Router<PoolState>[]
  readonly timers: ArmedTimers
  readonly observer: Observer
  /** What waits at a station may be due by a new setting. */
  readonly changed: (now: Ms, station: Station) => void
}

/** The tuners of a system, and an observer that reports to them before the others. */
export class Tuners {
  readonly all: readonly Tuner[]
  readonly observer: Observer
  readonly #tunable: Tunable

  constructor({ tuning = [] }: ServingPlan, tunable: Tunable) {
    const { requests, timers, observer } = tunable
    this.#tunable = tunable
    this.all = tuning.map(
      (plan, number) =>
        new Tuner(plan, {
          requests,
          observer,
          timers,
          number,
          apply: (now, value) => this.#apply(now, plan, value),
        }),
    )
    // a tuner observes how requests end; that they arrive it learns before they are routed
    const ends = this.all.map(
      (tuner): Observer => ({
        batch: (now, batch) => tuner.batch(now, batch),
        lost: (now, request) => tuner.lost(now, request),
      }),
    )
    this.observer = ends.length === 0 ? observer : observerOf([...ends, observer])
  }

  #apply(now: Ms, { setting, pool }: TuningPlan, value: number): void {
    const stations = this.#tunable.pools[pool]?.stations ?? []
    if (setting === 'threshold') {
      for (const router of this.#tunable.routers) router.retune({ thresholdTokens: value })
    } else if (setting === 'concurrency') {
      stations[0]!.admission.limitConcurrency(value)
    } else if (setting === 'kv-blocks') {
      for (const { caches } of stations) caches!.limitBlocks(value)
    } else {
      const change = setting === 'max-batch' ? { maxBatch: value } : { maxDelayMs: value }
      for (const { batcher } of stations) batcher.retune(change)
    }
    for (const station of stations) this.#tunable.changed(now, station)
  }
}
