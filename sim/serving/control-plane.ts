import { Admission } from './admission/index.ts'
import type { Decision } from './batching/index.ts'
import { emptyBatch } from './empty-batch.ts'
import { Generating } from './generation/generating.ts'
import { padded } from './outlook.ts'
import { patienceOf } from './patience.ts'
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
import { Router } from './routing.ts'
import { Station } from './station.ts'

interface PoolState {
  readonly stations: readonly Station[]
  readonly router: Router<Station>
  readonly load: number
}

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
  readonly #stations: Station[] = []
  readonly #stationOf: Station[] = []
  readonly #router: Router<PoolState>
  /** null where no pool generates */
  readonly #generating: Generating | null
  readonly #armed: Float64Array
  /** of the request that came last, whose further parts go to the same */
  #pool: PoolState
  readonly #batches: Batch[] = []
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
    const pools = plan.pools.map((pool) => {
      const admission = new Admission(pool, plan.classes, world.requests)
      const perStation = pool.perReplicaQueues ? 1 : pool.replicas
      const stations = Array.from({ length: pool.replicas / perStation }, () => {
        const first = this.#stationOf.length
        const id = this.#stations.length
        const executors = { first, count: perStation }
        const station = new Station(
          id,
          { plan: pool, admission },
          plan.classes,
          executors,
          world.requests,
        )
        for (let i = 0; i < perStation; i++) {
          this.#stationOf.push(station)
          this.#batches.push(emptyBatch(first + i, station.batcher.maxBatch))
        }
        this.#stations.push(station)
        return station
      })
      const router = new Router(pool.routing, stations)
      return {
        stations,
        router,
        get load() {
          return stations.reduce((sum, station) => sum + station.load, 0) / stations.length
        },
      }
    })
    const handed = plan.pools.map(({ generation }) => generation?.handOver?.pool)
    const entries = pools.filter((_, pool) => !handed.includes(pool))
    this.#router = new Router(plan.routing, entries)
    this.#pool = entries[0]!
    this.#generating = plan.pools.some(({ generation }) => generation !== undefined)
      ? new Generating(plan, {
          ...world,
          stations: pools.map(({ stations }) => stations),
          route: (pool) => pools[pool]!.router.route(),
          batches: this.#batches,
          stationOf: this.#stationOf,
          ended: (now, station, batch) => this.#ended(now, station, batch),
          expire: (now, station) => {
            this.#expire(now, station)
            this.#wake(station.id, station.queue.nextTimeOut)
          },
        })
      : null
    this.#armed = new Float64Array(this.#stations.length).fill(Number.POSITIVE_INFINITY)
  }

  /** Requests waiting in all queues. */
  get waiting(): number {
    let sum = 0
    for (const station of this.#stations) sum += station.queue.length
    return sum
  }

  onArrival(now: Ms, request: number): void {
    const requests = this.#requests
    const station = this.#route(request)
    requests.pool[request] = station.pool.index
    requests.queue[request] = station.id
    requests.enqueued[request] = now
    requests.leaves[request] = requests.at[request]! + this.#patience(request)
    this.#observer.arrived(now, request)
    const { admission } = station
    const generates = station.pool.generation !== undefined
    const held = !generates || this.#generating!.begin(station, request)
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
    requests.idle[request] = station.idleUntil(now)
    requests.window[request] = now + station.batcher.windowMs
    station.queue.push(now, request)
    if (generates) {
      this.#generating!.offer(now, station)
      return
    }
    // one that joins a queue whose executors all work only lines up, unless its time is over first
    const { nextTimeOut } = station.queue
    const first =
      nextTimeOut < Number.POSITIVE_INFINITY && requests.deadline[request]! <= nextTimeOut
    if (station.hasFreeExecutor || first || station.batcher.givesUp) this.#pump(now, station)
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
    if (status === STATUS.ok) station.batcher.observe(now, batch)
    this.#ended(now, station, batch)
    station.freeExecutor(now, executor)
    this.#pump(now, station)
  }

  onLoaded(_now: Ms, executor: number, _ok: boolean): void {
    throw new Error(`Expected executor ${executor} to be resident`)
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
    for (const station of this.#stations) {
      station.ending = true
      if (station.pool.generation === undefined) this.#pump(now, station)
    }
  }

  /** Parts of a fan-out go to one pool, each to another queue of it. */
  #route(request: number): Station {
    if (this.#requests.part[request]! > 0) return this.#pool.router.routeApart()
    this.#pool = this.#router.route()
    return this.#pool.router.route()
  }

  #patience(request: number): Ms {
    const { at, class: numbers, sending } = this.#requests
    const own = this.#classes[numbers[request]!]!
    if (own.drawnPatience === null) return own.patienceMs
    return patienceOf(own, at[request]!, sending[request]!)
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
    const queue = station.queue
    this.#expire(now, station)
    let wakeAt = Number.POSITIVE_INFINITY
    while (queue.length > 0 && station.hasFreeExecutor) {
      station.decide(now, this.#decision)
      if (this.#decision.take === 0) {
        wakeAt = this.#decision.wakeAt
        break
      }
      this.#dispatch(now, station, this.#decision)
    }
    this.#wake(station.id, Math.min(wakeAt, queue.nextTimeOut, station.givesUpAt))
  }

  #wake(timer: number, at: Ms): void {
    if (this.#armed[timer] === at) return
    this.#armed[timer] = at
    if (at === Number.POSITIVE_INFINITY) this.#timers.disarm(timer)
    else this.#timers.arm(timer, at)
  }

  #dispatch(now: Ms, station: Station, { take: size, lane }: Decision): void {
    const idle = station.idleUntil(now)
    const executor = station.takeExecutor(now)
    const requests = this.#requests
    const batch = this.#batches[executor]!
    const members = batch.members
    let longest = 1
    let tokens = 0
    let oldestCame = now
    for (let i = 0; i < size; i++) {
      const request = station.queue.shift(now, lane)
      members[i] = request
      requests.idle[request] = idle - requests.idle[request]!
      tokens += requests.length[request]!
      if (requests.length[request]! > longest) longest = requests.length[request]!
      if (requests.enqueued[request]! < oldestCame) oldestCame = requests.enqueued[request]!
    }
    station.running += size
    batch.size = size
    batch.length = station.pool.ragged ? 0 : padded(longest, station.pool.padTo)
    batch.tokens = tokens
    batch.oldestCame = oldestCame
    batch.dispatched = now
    this.#observer.dispatched(now, batch)
    this.#backend.start(batch)
  }
}
