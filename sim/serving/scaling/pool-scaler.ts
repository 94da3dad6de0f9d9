import type { Backend, Ms, Observer } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { Station } from '../routing/station.ts'
import type { ArmedTimers } from '../servers/armed-timers.ts'
import { PoolMeter } from './pool-meter.ts'
import { Scaler } from './scaler.ts'
import type { PoolScalingPlan } from './scaling-plan.ts'

/** Longest time for which a scaler waits for requests that are left after the traffic, ms. */
const LONGEST_DRAIN_MS = 3_600_000

interface ScalerWorld {
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
export class PoolScaler {
  readonly meter: PoolMeter
  readonly #pool: number
  readonly #plan: PoolScalingPlan
  readonly #scaler: Scaler
  readonly #stations: readonly Station[]
  readonly #world: ScalerWorld
  readonly #timer: number
  /** executors that were asked for and do not serve yet, in order */
  readonly #starting: number[] = []
  readonly #stopped: Set<number>
  readonly #draining = new Set<number>()
  #wanted: number
  /** when the traffic has ended; null while it goes on */
  #endedAt: Ms | null = null
  #armed = true

  constructor(plan: PoolScalingPlan, stations: readonly Station[], world: ScalerWorld) {
    const scaler = new Scaler(plan.policy)
    this.#pool = stations[0]!.pool.index
    this.#plan = plan
    this.#scaler = scaler
    this.#stations = stations
    this.#world = world
    this.#wanted = plan.initial
    const executors = stations.flatMap(({ firstExecutor, executors }) =>
      Array.from({ length: executors }, (_, i) => firstExecutor + i),
    )
    this.#stopped = new Set(executors.slice(plan.initial))
    for (const executor of this.#stopped) {
      world.change(0, executor, 'down')
      world.observer.executor?.(0, executor, 'stopped')
    }
    this.meter = new PoolMeter(stations, scaler.needs, world.kvOf)
    this.#timer = world.timers.add()
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
    const ready = this.#stations.reduce((sum, { present }) => sum + present, 0)
    const { needs } = this.#scaler
    const { replicas, reason } = this.#scaler.decide({
      now,
      ready,
      starting: this.#starting.length,
      wanted: this.#wanted,
      figures: needs.map((need) => this.meter.figures(need)),
    })
    if (replicas !== this.#wanted) this.#world.observer.scaled?.(now, this.#pool, replicas, reason)
    this.#wanted = replicas
    if (!this.#plan.advisory) this.#apply(now)
    if (this.#goesOn(now)) this.#arm(now)
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
    const all = this.#stations.reduce((sum, { executors }) => sum + executors, 0)
    let active = all - this.#stopped.size - this.#draining.size
    for (const executor of [...this.#stopped].sort((a, b) => a - b)) {
      if (active >= this.#wanted) break
      this.#start(now, executor)
      active++
    }
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
    this.stopped(now, executor)
    this.#world.backend.stop?.(executor)
  }

  #drain(now: Ms, executor: number): void {
    this.#draining.add(executor)
    this.#world.observer.executor?.(now, executor, 'draining')
    this.#world.change(now, executor, 'draining')
  }
}
