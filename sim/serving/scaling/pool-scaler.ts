import type { Backend, Ms, Observer } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { Station } from '../routing/station.ts'
import type { ArmedTimers } from '../servers/armed-timers.ts'
import { PoolMeter } from './pool-meter.ts'
import { Scaler } from './scaler.ts'
import type { PoolScalingPlan } from './scaling-plan.ts'
import type { SharedBudget, Sharer } from './shared-budget.ts'

/** Longest time for which a scaler waits for requests that are left after the traffic, ms. */
const LONGEST_DRAIN_MS = 3_600_000

interface ScalerWorld {
  /** null where no budget is shared */
  readonly budget: SharedBudget | null
  readonly requests: Requests
  readonly backend: Backend
  readonly observer: Observer
  readonly timers: ArmedTimers
  readonly isBusy: (executor: number) => boolean
  readonly kvOf: (station: Station) => number
  /** tells the server of an executor that it is to stop, or is gone */
  readonly change: (now: Ms, executor: number, state: 'draining' | 'down') => void
}

/** Decides at each tick how many replicas a pool should have, and starts and stops them. */
export class PoolScaler implements Sharer {
  readonly meter: PoolMeter
  readonly pool: number
  readonly name: string
  readonly #plan: PoolScalingPlan
  readonly #scaler: Scaler
  readonly #stations: readonly Station[]
  readonly #world: ScalerWorld
  readonly #timer: number
  /** executors that were asked for and do not serve yet, in order */
  readonly #starting: number[] = []
  readonly #executors: number
  readonly #stopped: Set<number>
  readonly #draining = new Set<number>()
  #wanted: number
  /** when the traffic has ended; null while it goes on */
  #endedAt: Ms | null = null
  #armed = true
  /** whether the budget grants less than the policy asks for */
  #isCut = false
  #cut = 0

  constructor(plan: PoolScalingPlan, stations: readonly Station[], world: ScalerWorld) {
    const scaler = new Scaler(plan.policy)
    this.pool = stations[0]!.pool.index
    this.name = stations[0]!.pool.name
    this.#plan = plan
    this.#scaler = scaler
    this.#stations = stations
    this.#world = world
    this.#wanted = plan.initial
    const executors = stations.flatMap(({ firstExecutor, executors }) =>
      Array.from({ length: executors }, (_, i) => firstExecutor + i),
    )
    this.#executors = executors.length
    this.#stopped = new Set(executors.slice(plan.initial))
    for (const executor of this.#stopped) {
      world.change(0, executor, 'down')
      world.observer.executor?.(0, executor, 'stopped')
    }
    this.meter = new PoolMeter(stations, scaler.needs, world.kvOf)
    this.#timer = world.timers.add(this)
    world.timers.wake(this.#timer, scaler.intervalMs)
  }

  /** Requests arrive again after the traffic seemed to have ended. */
  resume(now: Ms): void {
    this.#endedAt = null
    if (!this.#armed) this.#arm(now)
  }

  end(now: Ms): void {
    this.#endedAt ??= now
  }

  timer(now: Ms): void {
    this.#armed = false
    this.meter.scrape(now)
    const ready = this.#stations.reduce((sum, { staying }) => sum + staying, 0)
    const { needs } = this.#scaler
    const decision = this.#scaler.decide({
      now,
      ready,
      starting: this.#starting.length,
      wanted: this.#wanted,
      figures: needs.map((need) => this.meter.figures(need)),
    })
    const { budget } = this.#world
    if (budget === null) {
      this.grant(now, decision.replicas, decision.reason)
      if (!this.#plan.advisory) this.#apply(now)
    } else budget.ask(now, this, decision)
    if (this.#goesOn(now)) this.#arm(now)
  }

  get wanted(): number {
    return this.#wanted
  }

  get occupied(): number {
    return this.#executors - this.#stopped.size
  }

  /** The first decision that the budget cuts is reported also where it changes nothing. */
  grant(now: Ms, replicas: number, reason: string, isCut = false): void {
    if (replicas !== this.#wanted || (isCut && !this.#isCut)) {
      this.#world.observer.scaled?.(now, this.pool, replicas, reason)
    }
    this.#isCut = isCut
    this.#wanted = replicas
  }

  cut(now: Ms, replicas: number): void {
    if (replicas !== this.#cut) this.#world.observer.cut?.(now, this.pool, replicas)
    this.#isCut = replicas > 0
    this.#cut = replicas
  }

  /** An executor serves now. */
  up(executor: number): void {
    const place = this.#starting.indexOf(executor)
    if (place >= 0) this.#starting.splice(place, 1)
  }

  /** A draining executor has served what it had. */
  stopped(now: Ms, executor: number): void {
    this.#draining.delete(executor)
    this.#stopped.add(executor)
    this.#world.observer.executor?.(now, executor, 'stopped')
    this.#world.budget?.freed(now)
  }

  #arm(now: Ms): void {
    this.#armed = true
    this.#world.timers.wake(this.#timer, now + this.#scaler.intervalMs)
  }

  /** After the traffic only while requests are left that replicas may yet serve. */
  #goesOn(now: Ms): boolean {
    if (this.#endedAt === null) return true
    return this.#world.requests.inUse > 0 && now - this.#endedAt < LONGEST_DRAIN_MS
  }

  #apply(now: Ms): void {
    this.grow(now)
    this.shrink(now)
  }

  grow(now: Ms): void {
    const { budget } = this.#world
    let missing = this.#wanted - this.#active
    if (missing <= 0) return
    for (const executor of [...this.#stopped].sort((a, b) => a - b)) {
      if (missing-- <= 0 || (budget !== null && !budget.fits(this))) return
      this.#start(now, executor)
    }
  }

  /** Executors that start or serve. */
  get #active(): number {
    return this.occupied - this.#draining.size
  }

  shrink(now: Ms): void {
    let active = this.#active
    while (active > this.#wanted && this.#starting.length > 0) {
      this.#cancel(now, this.#starting.pop()!)
      active--
    }
    const serving = this.#serving()
    while (active > this.#wanted && serving.length > 0) {
      this.#drain(now, serving.shift()!)
      active--
    }
  }

  /** Executors that serve, in the order in which they are given up: idle ones, then the last. */
  #serving(): number[] {
    const serving = this.#stations.flatMap((station) =>
      Array.from({ length: station.executors }, (_, i) => station.firstExecutor + i).filter(
        (executor) => !station.isClosed(executor) && !this.#draining.has(executor),
      ),
    )
    const { isBusy } = this.#world
    return serving.sort((a, b) => Number(isBusy(a)) - Number(isBusy(b)) || b - a)
  }

  #start(now: Ms, executor: number): void {
    this.#stopped.delete(executor)
    this.#starting.push(executor)
    this.#world.observer.executor?.(now, executor, 'starting')
    this.#world.backend.launch?.(executor)
  }

  #cancel(now: Ms, executor: number): void {
    this.#world.backend.stop?.(executor)
    this.stopped(now, executor)
  }

  #drain(now: Ms, executor: number): void {
    this.#draining.add(executor)
    this.#world.observer.executor?.(now, executor, 'draining')
    this.#world.change(now, executor, 'draining')
  }
}
