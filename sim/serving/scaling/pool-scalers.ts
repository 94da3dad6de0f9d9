import type { Backend, ExecutorState, Ms, Observer } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { Station } from '../routing/station.ts'
import type { ArmedTimers } from '../servers/armed-timers.ts'
import type { StationServer } from '../servers/station-server.ts'
import { PoolScaler } from './pool-scaler.ts'
import { type BudgetPlan, SharedBudget } from './shared-budget.ts'

interface ScaledWorld {
  /** undefined where no budget is shared */
  readonly budget: BudgetPlan | undefined
  readonly requests: Requests
  readonly backend: Backend
  readonly observer: Observer
  readonly timers: ArmedTimers
  readonly serverOf: (executor: number) => StationServer
}

/** The scalers of all pools, and the executors that they start and stop. */
export class PoolScalers {
  readonly all: readonly PoolScaler[]
  /** by pool; null where the number of replicas stays */
  readonly #ofPool: readonly (PoolScaler | null)[]
  /** by executor */
  readonly #stationOf: readonly Station[]

  constructor(
    pools: readonly { readonly stations: readonly Station[] }[],
    stationOf: readonly Station[],
    { serverOf, budget, ...world }: ScaledWorld,
  ) {
    const shared = budget === undefined ? null : new SharedBudget(budget)
    this.#stationOf = stationOf
    this.#ofPool = pools.map(({ stations }) => {
      const { scaling } = stations[0]!.pool
      if (scaling === undefined) return null
      return new PoolScaler(scaling, stations, {
        ...world,
        budget: shared,
        isBusy: (executor) => serverOf(executor).isBusy(executor),
        kvOf: ({ caches }) => caches?.kvUsage ?? Number.NaN,
        change: (now, executor, state) => {
          // a decision of another pool is no event here, so the load up to now is noted first; the
          // replicas that do not serve at the start are set before there is anything to note
          if (now > 0) this.noteExecutor(now, executor)
          serverOf(executor).executor(now, executor, state)
        },
      })
    })
    this.all = this.#ofPool.filter((scaler) => scaler !== null)
    for (const scaler of this.all) shared?.join(scaler)
  }

  /** An event at a queue, or one of its executors, is about to be handled. */
  note(now: Ms, station: Station): void {
    this.#ofPool[station.pool.index]?.meter.note(now, station.number)
  }

  noteExecutor(now: Ms, executor: number): void {
    this.note(now, this.#stationOf[executor]!)
  }

  arrived(now: Ms, station: Station): void {
    this.note(now, station)
    this.#ofPool[station.pool.index]?.meter.arrived(station.number)
  }

  executor(now: Ms, executor: number, state: ExecutorState): void {
    this.noteExecutor(now, executor)
    if (state === 'up') this.#scalerOf(executor)?.up(executor)
  }

  /** An executor that was to stop has nothing left to do. */
  stopped(now: Ms, executor: number): void {
    this.#scalerOf(executor)?.stopped(now, executor)
  }

  end(now: Ms): void {
    for (const scaler of this.all) scaler.end(now)
  }

  resume(now: Ms): void {
    for (const scaler of this.all) scaler.resume(now)
  }

  #scalerOf(executor: number): PoolScaler | null {
    return this.#ofPool[this.#stationOf[executor]!.pool.index]!
  }
}

/** Null where the number of replicas stays in every pool. */
export function poolScalers(
  ...[pools, stationOf, world]: ConstructorParameters<typeof PoolScalers>
): PoolScalers | null {
  const isScaled = stationOf.some(({ pool }) => pool.scaling !== undefined)
  return isScaled ? new PoolScalers(pools, stationOf, world) : null
}
