import { assembleBatch } from './batching/batch-assembly.ts'
import { emptyBatch } from './batching/empty-batch.ts'
import type { Decision } from './batching/index.ts'
import { clientTimeoutMs } from './client-timeout.ts'
import { GenerationController } from './generation/generation-controller.ts'
import { MemoryScheduler } from './memory/index.ts'
import type { ClassPlan, ServingPlan } from './plan.ts'
import {
  type Backend,
  type Batch,
  type ControlPlanePort,
  type Ms,
  type Observer,
  OUTCOME,
  type Outcome,
  REFUSAL,
  STATUS,
  type Status,
  type StepBackend,
  type Timers,
} from './ports.ts'
import type { Requests } from './requests.ts'
import type { Router } from './routing/routing.ts'
import type { Station } from './routing/station.ts'
import { classRouters, type PoolState, poolStates } from './routing/stations.ts'

/**
 * Everything that decides: which pool, which queue, when a batch goes and what is in it. It runs
 * unchanged in both worlds and knows time only as the `now` that it is told. Timer ids are station
 * numbers.
 */
export class ControlPlane implements ControlPlanePort {
  readonly #requests: Requests
  readonly #timers: Timers
  readonly #backend: Backend
  readonly #observer: Observer
  readonly #classes: readonly ClassPlan[]
  readonly #stations: readonly Station[]
  readonly #stationOf: readonly Station[]
  /** of each class */
  readonly #routers: readonly Router<PoolState>[]
  /** null where no pool generates */
  readonly #generating: GenerationController | null
  /** null where memory does not count */
  readonly #memory: MemoryScheduler | null
  readonly #armed: Float64Array
  /** of the request that came last, whose further parts go to the same */
  #pool: PoolState
  #ending = false
  readonly #batches: readonly Batch[]
  readonly #decision: Decision = { take: 0, lane: 0, wakeAt: Number.POSITIVE_INFINITY }

  constructor(
    plan: ServingPlan,
    world: {
      requests: Requests
      timers: Timers
      backend: Backend
      /** needed where a pool generates */
      steps?: StepBackend
      observer: Observer
    },
  ) {
    this.#requests = world.requests
    this.#timers = world.timers
    this.#backend = world.backend
    this.#observer = world.observer
    this.#classes = plan.classes
    const pools = poolStates(plan, world.requests)
    this.#stations = pools.flatMap(({ stations }) => stations)
    this.#stationOf = this.#stations.flatMap((own) => Array<Station>(own.executors).fill(own))
    this.#batches = this.#stationOf.map((own, i) => emptyBatch(i, own.batcher.maxBatch))
    this.#routers = classRouters(plan, pools)
    this.#pool = pools[0]!
    const shared = {
      ...world,
      batches: this.#batches,
      stationOf: this.#stationOf,
      ended: (now: Ms, station: Station, batch: Batch) => this.#ended(now, station, batch),
    }
    this.#generating = plan.pools.some(({ generation }) => generation !== undefined)
      ? new GenerationController(plan, {
          ...shared,
          stations: pools.map(({ stations }) => stations),
          route: (pool) => pools[pool]!.router.route(),
          expire: (now, station) => {
            this.#expire(now, station)
            this.#wake(station.id, station.queue.nextTimeOut)
          },
        })
      : null
    this.#memory = this.#stations.some(({ hasMemory }) => hasMemory)
      ? new MemoryScheduler(plan, {
          ...shared,
          stations: this.#stations,
          expire: (now, station) => this.#expire(now, station),
          wake: ({ id }, at) => this.#wake(id, at),
        })
      : null
    this.#armed = new Float64Array(this.#stations.length).fill(Number.POSITIVE_INFINITY)
  }

  get waiting(): number {
    let sum = 0
    for (const station of this.#stations) sum += station.queue.length
    return sum
  }

  onArrival(now: Ms, request: number): void {
    if (this.#ending) this.#setEnding(false)
    const requests = this.#requests
    const station = this.#route(request)
    requests.pool[request] = station.pool.index
    requests.queue[request] = station.id
    requests.enqueued[request] = now
    const at = requests.at[request]!
    const own = this.#classes[requests.class[request]!]!
    requests.leaves[request] = at + clientTimeoutMs(own, at, requests.sending[request]!)
    this.#observer.arrived(now, request)
    const { admission } = station
    const generates = station.pool.generation !== undefined
    const held = this.#couldHold(station, request)
    let refusal = held ? admission.refusal(now, request, station) : REFUSAL.memory
    if (refusal !== REFUSAL.none && held) {
      // those whose time is over make room first, even where the timer is late
      this.#expire(now, station)
      refusal = admission.refusal(now, request, station)
    }
    requests.refusal[request] = refusal
    if (refusal !== REFUSAL.none) {
      this.#lose(now, request, OUTCOME.shed)
      return
    }
    admission.admit(now, request)
    requests.idleAtEnqueueMs[request] = station.idleUntil(now)
    requests.window[request] = now + station.batcher.windowMs
    station.queue.push(now, request)
    if (generates) {
      this.#generating!.offer(now, station)
      return
    }
    // one that joins a queue whose executors all work only lines up, unless its time is over first
    const { nextTimeOut } = station.queue
    const limited = nextTimeOut < Number.POSITIVE_INFINITY
    const first = limited && requests.deadline[request]! <= nextTimeOut
    if (station.mayTake || first || station.batcher.givesUp) this.#pump(now, station)
  }

  onTimer(now: Ms, timer: number): void {
    const station = this.#stations[timer]
    if (station === undefined) {
      this.#generating!.onLink(now, timer)
      return
    }
    this.#armed[timer] = Number.POSITIVE_INFINITY
    if (station.pool.generation === undefined) this.#pump(now, station)
    else this.#generating!.offer(now, station)
  }

  onDone(now: Ms, executor: number, started: Ms, ended: Ms, status: Status): void {
    const station = this.#stationOf[executor]!
    const batch = this.#batches[executor]!
    batch.started = started
    batch.ended = ended
    batch.status = status
    if (station.hasMemory) {
      this.#memory!.onDone(now, executor)
      return
    }
    if (status === STATUS.ok) station.batcher.observe(now, batch)
    this.#ended(now, station, batch)
    station.freeExecutor(now, executor)
    this.#pump(now, station)
  }

  onLoaded(now: Ms, executor: number, ok: boolean): void {
    this.#memory!.onLoaded(now, executor, ok)
  }

  onSteps(now: Ms, executor: number, steps: number, firstMs: Ms, lastMs: Ms): void {
    this.#generating!.onSteps(now, executor, steps, firstMs, lastMs)
  }

  #ended(now: Ms, station: Station, batch: Batch): void {
    const { members, size, status } = batch
    for (let i = 0; i < size; i++) {
      this.#requests.outcome[members[i]!] = this.#outcomeOf(now, members[i]!, status)
    }
    this.#observer.batch(now, batch)
    for (let i = 0; i < size; i++) this.#requests.release(members[i]!)
    station.running -= size
    station.admission.ended(now, batch)
  }

  onEnd(now: Ms): void {
    this.#setEnding(true)
    for (const station of this.#stations) {
      if (station.pool.generation === undefined) this.#pump(now, station)
    }
  }

  #setEnding(ending: boolean): void {
    this.#ending = ending
    for (const station of this.#stations) station.ending = ending
  }

  /** Whether there could ever be memory enough for a request where it has come to. */
  #couldHold(station: Station, request: number): boolean {
    if (station.hasMemory) return this.#memory!.couldHold(station, request)
    return station.pool.generation === undefined || this.#generating!.begin(station, request)
  }

  /** Parts of a fan-out go to one pool, each to another queue of it. */
  #route(request: number): Station {
    const requests = this.#requests
    if (requests.part[request]! > 0) return this.#pool.router.routeApart()
    this.#pool = this.#routers[requests.class[request]!]!.route()
    return this.#pool.router.route()
  }

  #outcomeOf(now: Ms, request: number, status: Status): Outcome {
    if (status !== STATUS.ok) return OUTCOME.failed
    return now >= this.#requests.leaves[request]! ? OUTCOME.abandoned : OUTCOME.served
  }

  #lose(now: Ms, request: number, outcome: Outcome): void {
    this.#requests.outcome[request] = outcome
    this.#observer.lost(now, request)
    this.#requests.release(request)
  }

  #expire(now: Ms, station: Station): void {
    const { queue, admission } = station
    for (;;) {
      const request = queue.takeTimedOut(now)
      if (request < 0) break
      admission.left()
      const cancelled = queue.isCancelled(now, request)
      this.#lose(now, request, cancelled ? OUTCOME.cancelled : OUTCOME.timedOut)
    }
    while (now >= station.givesUpAt) {
      admission.left()
      this.#lose(now, queue.shiftOldest(), OUTCOME.timedOut)
    }
  }

  /** Brings a station to rest: nothing is overdue and no batch could go. Arms its timer. */
  #pump(now: Ms, station: Station): void {
    if (station.hasMemory) {
      this.#memory!.pump(now, station)
      return
    }
    const queue = station.queue
    this.#expire(now, station)
    let wakeAt = Number.POSITIVE_INFINITY
    while (queue.length > 0 && station.hasFreeExecutor) {
      station.decide(now, this.#decision)
      if (this.#decision.take === 0) {
        wakeAt = this.#decision.wakeAt
        break
      }
      this.#dispatch(now, station)
    }
    this.#wake(station.id, Math.min(wakeAt, queue.nextTimeOut, station.givesUpAt))
  }

  #wake(timer: number, at: Ms): void {
    if (this.#armed[timer] === at) return
    this.#armed[timer] = at
    if (at === Number.POSITIVE_INFINITY) this.#timers.disarm(timer)
    else this.#timers.arm(timer, at)
  }

  #dispatch(now: Ms, station: Station): void {
    const batch = this.#batches[station.takeExecutor(now)]!
    assembleBatch(now, { station, requests: this.#requests, batch, room: null }, this.#decision)
    this.#observer.dispatched(now, batch)
    this.#backend.start(batch)
  }
}
