import type { ServingPlan } from '../plan.ts'
import type { Backend, Ms, Observer } from '../ports.ts'
import type { Station } from '../routing/station.ts'
import { topologyOf } from '../topology.ts'
import { type EvictionPolicy, evictionPolicies } from './eviction/index.ts'
import type { Ledger } from './ledger.ts'
import { expectedLoadMs, isSwappable } from './memory-plan.ts'

/**
 * Weights of an executor: not there, on their way, there and idle, there and at work; and not there
 * because its process has ended.
 */
const ABSENT = 0
const LOADING = 1
const IDLE = 2
const BUSY = 3
const ENDED = 4

interface ResidencyWorld {
  readonly backend: Backend
  readonly observer: Observer
  readonly stationOf: readonly Station[]
  readonly ledger: Ledger
}

/** Which weights are resident on which device, and which are evicted where there is no room. */
export class Residency {
  readonly #world: ResidencyWorld
  readonly #state: Uint8Array
  /** by device; null where no model is swapped */
  readonly #policies: readonly (EvictionPolicy | null)[]
  /** null for executors whose models are never evicted */
  readonly #loadMs: readonly (Ms | null)[]
  readonly #uses: Float64Array
  readonly #usedAt: Float64Array
  readonly #credit: Float64Array
  /** of each device the highest credit that was evicted */
  readonly #evicted: Float64Array
  /** 1 for executors that were loaded and had no batch since */
  readonly #fresh: Uint8Array

  constructor(plan: ServingPlan, world: ResidencyWorld) {
    const { devices, pools } = plan
    this.#world = world
    const { deviceOf } = world.ledger
    const { executors } = topologyOf(plan)
    this.#policies = devices.map(
      ({ residency }) => residency && evictionPolicies[residency.eviction],
    )
    this.#loadMs = executors.map(({ pool }, i) =>
      isSwappable(plan, pool)
        ? expectedLoadMs(pools[pool]!.memory!, devices[deviceOf[i]!]!.residency!)
        : null,
    )
    this.#state = Uint8Array.from(this.#loadMs, (ms) => (ms === null ? IDLE : ABSENT))
    this.#uses = new Float64Array(executors.length)
    this.#usedAt = new Float64Array(executors.length)
    this.#credit = new Float64Array(executors.length)
    this.#evicted = new Float64Array(devices.length)
    this.#fresh = new Uint8Array(executors.length)
    for (const [executor, state] of this.#state.entries()) {
      if (state === ABSENT) world.stationOf[executor]!.withdraw(0, executor)
    }
  }

  /** Whether an executor was loaded for the batch that it takes next. */
  isFresh(executor: number): boolean {
    return this.#fresh[executor] === 1
  }

  /** An executor of a station whose weights are not resident; -1 for none. */
  absentOf({ firstExecutor, executors }: Station): number {
    const from = this.#state.subarray(firstExecutor, firstExecutor + executors)
    const offset = from.indexOf(ABSENT)
    return offset < 0 ? -1 : firstExecutor + offset
  }

  /** Whether a batch or a load on the device of an executor will end. */
  somethingEnds(executor: number): boolean {
    const { deviceOf } = this.#world.ledger
    const ends = (i: number) => this.#state[i] === BUSY || this.#state[i] === LOADING
    return deviceOf.some((device, i) => device === deviceOf[executor] && ends(i))
  }

  /** A batch goes to an executor. */
  begin(now: Ms, executor: number): void {
    this.#state[executor] = BUSY
    this.#fresh[executor] = 0
    this.#uses[executor]!++
    this.#use(now, executor)
  }

  end(executor: number): void {
    this.#state[executor] = IDLE
  }

  /** Loads the weights of an executor; `bytes` are held for the batch that waits for them. */
  load(executor: number, bytes: number): void {
    const { ledger, backend, stationOf } = this.#world
    this.#state[executor] = LOADING
    stationOf[executor]!.absent--
    ledger.enter(executor)
    ledger.hold(executor, bytes)
    backend.load!(executor)
  }

  loaded(now: Ms, executor: number, ok: boolean): void {
    const { ledger, stationOf, observer } = this.#world
    const station = stationOf[executor]!
    if (ok) {
      this.#state[executor] = IDLE
      this.#fresh[executor] = 1
      this.#use(now, executor)
      station.freeExecutor(now, executor)
      observer.loaded?.(now, executor)
    } else {
      this.#state[executor] = ABSENT
      station.absent++
      ledger.hold(executor, 0)
      ledger.leave(executor)
    }
  }

  /** The batch that weights were loaded for no longer needs them: nothing is held for it. */
  releaseUnused(executor: number): void {
    this.#fresh[executor] = 0
    this.#world.ledger.hold(executor, 0)
  }

  isBusy(executor: number): boolean {
    return this.#state[executor] === BUSY
  }

  isLoading(executor: number): boolean {
    return this.#state[executor] === LOADING
  }

  /**
   * The process of an executor has ended, and its model with it. Weights that are never evicted
   * keep their place on the device: the next process takes them at its start.
   */
  lost(executor: number): void {
    const { ledger, stationOf } = this.#world
    const state = this.#state[executor]
    if (this.#loadMs[executor] === null || state === ENDED) return
    if (state === ABSENT) stationOf[executor]!.absent--
    else {
      ledger.hold(executor, 0)
      ledger.leave(executor)
    }
    this.#fresh[executor] = 0
    this.#state[executor] = ENDED
  }

  /** An executor has a new process. */
  back(now: Ms, executor: number): void {
    const station = this.#world.stationOf[executor]!
    if (this.#state[executor] !== ENDED) {
      station.open(now, executor)
      return
    }
    this.#state[executor] = ABSENT
    station.openAbsent(executor)
  }

  /**
   * Makes so many bytes free on the device of an executor by evicting idle models. Evicts none
   * where all of them together would not suffice.
   */
  evictFor(now: Ms, executor: number, bytes: number): boolean {
    const { ledger } = this.#world
    const device = ledger.deviceOf[executor]!
    if (ledger.free[device]! >= bytes) return true
    if (this.#policies[device] === null) return false
    const evictable = this.#evictable(executor)
    const most = evictable.reduce(
      (sum, victim) => sum + ledger.resident[victim]!,
      ledger.free[device]!,
    )
    if (most < bytes) return false
    for (const victim of evictable) {
      this.#evict(now, victim)
      if (ledger.free[device]! >= bytes) break
    }
    return true
  }

  /** Evicts one model on the device of an executor; false where none may be evicted. */
  evictOne(now: Ms, executor: number): boolean {
    const [first] = this.#evictable(executor)
    if (first === undefined) return false
    this.#evict(now, first)
    return true
  }

  /**
   * Executors whose models may be evicted, in this order: first those without waiting requests,
   * then those whose batches are not due or wait for memory themselves.
   */
  #evictable(executor: number): number[] {
    const { stationOf } = this.#world
    const waited = (candidate: number) => (stationOf[candidate]!.queue.length > 0 ? 1 : 0)
    const { deviceOf } = this.#world.ledger
    const mayGo = (candidate: number) =>
      this.#state[candidate] === IDLE &&
      this.#loadMs[candidate] !== null &&
      this.#fresh[candidate] === 0
    return [...deviceOf.keys()]
      .filter(
        (candidate) =>
          candidate !== executor && deviceOf[candidate] === deviceOf[executor] && mayGo(candidate),
      )
      .sort(
        (a, b) =>
          waited(a) - waited(b) ||
          this.#credit[a]! - this.#credit[b]! ||
          this.#usedAt[a]! - this.#usedAt[b]!,
      )
  }

  #evict(now: Ms, executor: number): void {
    const { ledger, backend, observer, stationOf } = this.#world
    const device = ledger.deviceOf[executor]!
    this.#evicted[device] = Math.max(this.#evicted[device]!, this.#credit[executor]!)
    this.#state[executor] = ABSENT
    stationOf[executor]!.withdraw(now, executor)
    ledger.leave(executor)
    backend.unload!(executor)
    observer.evicted?.(now, executor)
  }

  #use(now: Ms, executor: number): void {
    const loadMs = this.#loadMs[executor]!
    if (loadMs === null) return
    const device = this.#world.ledger.deviceOf[executor]!
    this.#usedAt[executor] = now
    this.#credit[executor] = this.#policies[device]!.credit({
      at: now,
      uses: this.#uses[executor]!,
      loadMs,
      residentBytes: this.#world.ledger.resident[executor]!,
      evicted: this.#evicted[device]!,
    })
  }
}
