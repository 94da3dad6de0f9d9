import { type Attempts, attemptsOf } from './attempts/attempts.ts'
import { emptyBatch } from './batching/batch-assembly.ts'
import { leavesAt } from './client-timeout.ts'
import { withEjections } from './ejection/ejections.ts'
import { Carrier } from './network/carrier.ts'
import { type Network, networkOf } from './network/network.ts'
import { observerOf } from './observers.ts'
import type { ClassPlan, ServingPlan } from './plan.ts'
import {
  type Backend,
  type Batch,
  type ControlPlanePort,
  type ExecutorState,
  type Ms,
  type Observer,
  OUTCOME,
  REFUSAL,
  type Refusal,
  type Status,
} from './ports.ts'
import type { Requests } from './requests.ts'
import type { Router } from './routing/router.ts'
import { type RouterViews, routerViews } from './routing/router-views.ts'
import { type RoutingFeedback, routingFeedback } from './routing/routing-feedback.ts'
import type { Station } from './routing/station.ts'
import { classRouters, type PoolState, poolStates } from './routing/stations.ts'
import { type PoolScalers, poolScalers } from './scaling/pool-scalers.ts'
import { ArmedTimers } from './servers/armed-timers.ts'
import { RequestOutcomes } from './servers/request-outcomes.ts'
import type { ControlPlaneWorld, StationServer } from './servers/station-server.ts'
import { stationServers } from './servers/station-servers.ts'
import { topologyOf } from './topology.ts'
import { Tuners } from './tuning/tuners.ts'

/**
 * Everything that decides. Routes each request to a station and admits or sheds it there; the
 * server of the station decides what happens to it then. The control plane runs unchanged in both
 * worlds, and its only clock is the `now` of each event. Timers are numbered as stations are.
 */
export class ControlPlane implements ControlPlanePort {
  readonly #requests: Requests
  readonly #observer: Observer
  readonly #classes: readonly ClassPlan[]
  readonly #stations: readonly Station[]
  /** by class */
  readonly #routers: readonly Router<PoolState>[]
  /** by station */
  readonly #servers: readonly StationServer[]
  /** by executor */
  readonly #serverOf: readonly StationServer[]
  /** null where no router learns */
  readonly #feedback: RoutingFeedback | null
  /** what is due while requests are in the system: the views of routers, then the tuners */
  readonly #views: readonly Pick<RouterViews, 'arrived' | 'emptied' | 'timer'>[]
  readonly #timers: ArmedTimers
  readonly #outcomes: RequestOutcomes
  /** null where each request has one attempt */
  readonly #attempts: Attempts | null
  readonly #hasCopies: boolean
  /** stations from whose queues copies were withdrawn in the event that is handled */
  readonly #toExamine = new Set<number>()
  /** by executor */
  readonly #batches: readonly Batch[]
  /** null where requests reach their queues at once */
  readonly #network: Network | null
  readonly #carrier: Carrier
  /** the pool of the last request whose first part was routed; its further parts follow at once */
  #poolOfParts: PoolState
  readonly #backend: Backend
  /** null where the number of replicas stays */
  readonly #scalers: PoolScalers | null
  #ending = false

  constructor(plan: ServingPlan, world: ControlPlaneWorld) {
    const { requests } = world
    requests.overNetwork = plan.network != null
    const attempts = attemptsOf(plan, requests)
    this.#attempts = attempts
    this.#hasCopies = attempts?.hasCopies === true
    const everyObserver = attempts?.hasCopies
      ? observerOf([attempts, world.observer])
      : world.observer
    const pools = poolStates(plan, requests, everyObserver)
    const stations = pools.flatMap((pool) => pool.stations)
    const stationOf = topologyOf(plan).executors.map(({ station }) => stations[station]!)
    this.#requests = requests
    this.#classes = plan.classes
    this.#stations = stations
    this.#routers = classRouters(plan, pools, requests)
    this.#backend = world.backend
    this.#feedback = routingFeedback(requests, pools, this.#routers)
    this.#poolOfParts = pools[0]!
    this.#timers = new ArmedTimers(world.timers, stations.length)
    const amongPools = [...new Set(this.#routers)]
    const views = routerViews([...amongPools, ...pools.map(({ router }) => router)], this.#timers)
    const tuners = new Tuners(plan, {
      requests,
      pools,
      timers: this.#timers,
      observer: withEjections(pools, requests, everyObserver),
      routers: amongPools,
      changed: (now, { id, queue }) => {
        if (queue.length > 0) this.#servers[id]!.timer(now)
      },
    })
    const { observer } = tuners
    this.#observer = observer
    this.#views = [...views, ...tuners.all]
    this.#carrier = new Carrier(world.transfers ?? null)
    this.#network = this.#networkOf(plan, pools)
    this.#outcomes = new RequestOutcomes({
      requests,
      observer,
      feedback: this.#feedback,
      attempts,
      network: this.#network,
      views: this.#views,
    })
    this.#batches = stationOf.map(({ batcher }, executor) => emptyBatch(executor, batcher.maxBatch))
    // each property by name: V8 gives objects made by a spread another shape in every run
    const servers = stationServers(plan, pools, {
      requests,
      backend: world.backend,
      steps: world.steps ?? null,
      observer,
      outcomes: this.#outcomes,
      timers: this.#timers,
      batches: this.#batches,
      stopped: (now, executor) => this.#stopped(now, executor),
      withdraw: this.#hasCopies ? (now) => this.#withdraw(now) : null,
      carrier: this.#carrier,
    })
    this.#servers = servers
    this.#serverOf = stationOf.map(({ id }) => servers[id]!)
    this.#scalers = poolScalers(pools, stationOf, {
      requests,
      backend: world.backend,
      observer,
      timers: this.#timers,
      budget: plan.budget,
      serverOf: (executor) => this.#serverOf[executor]!,
    })
  }

  /** An executor that was to stop has nothing left to do. */
  #stopped(now: Ms, executor: number): void {
    this.#backend.stop?.(executor)
    this.#scalers?.stopped(now, executor)
  }

  get waiting(): number {
    return this.#stations.reduce((sum, { queue }) => sum + queue.length, 0)
  }

  onArrival(now: Ms, request: number): void {
    if (this.#ending) {
      this.#setEnding(false)
      this.#scalers?.resume(now)
    }
    for (const views of this.#views) views.arrived(now)
    if (this.#network !== null) {
      this.#network.send(now, request)
      return
    }
    const pool = this.#choosePool(now, request)
    this.#attempts?.sent(now, request, pool)
    this.#deliver(now, request, pool, this.#chooseStation(now, request, pool))
  }

  /** A request is at its pool; `routed` is null where no replica takes it. */
  #deliver(now: Ms, request: number, pool: PoolState, routed: Station | null): void {
    const requests = this.#requests
    // a request that no replica takes is refused at the first queue of its pool
    const station = routed ?? pool.stations[0]!
    const server = this.#servers[station.id]!
    this.#scalers?.arrived(now, station)
    requests.pool[request] = station.pool.index
    requests.queue[request] = station.id
    requests.enqueued[request] = now
    if (routed !== null) this.#feedback?.sent(request)
    requests.leaves[request] = leavesAt(this.#classes, requests, request)
    this.#observer.arrived?.(now, request)
    if (this.#attempts?.routed(request, station) === true) {
      requests.refusal[request] = REFUSAL.none
      this.#outcomes.lose(now, request, OUTCOME.withdrawn)
      server.timer(now)
      this.#settleCopies(now)
      return
    }
    const { admission } = station
    let refusal: Refusal = REFUSAL.memory
    if (routed === null) refusal = REFUSAL.unavailable
    else if (server.couldHold(request)) {
      refusal = admission.refusal(now, request, station)
      if (refusal !== REFUSAL.none) {
        // requests whose time is over make room first, even where the timer is late
        this.#outcomes.expire(now, station)
        refusal = admission.refusal(now, request, station)
      }
    }
    requests.refusal[request] = refusal
    if (refusal !== REFUSAL.none) {
      this.#outcomes.lose(now, request, OUTCOME.shed)
      if (this.#hasCopies) this.#settleCopies(now)
      return
    }
    admission.admit(now, request)
    requests.idleAtEnqueueMs[request] = station.idleUntil(now)
    requests.window[request] = now + station.batcher.windowMs
    station.queue.push(now, request)
    this.#attempts?.joined(request)
    server.offer(now, request)
    if (this.#hasCopies) this.#settleCopies(now)
  }

  onTimer(now: Ms, timer: number): void {
    this.#timers.fired(timer)
    if (timer < this.#stations.length) {
      this.#scalers?.note(now, this.#stations[timer]!)
      this.#servers[timer]!.timer(now)
    } else this.#timers.timed(timer).timer(now)
    if (this.#hasCopies) this.#settleCopies(now)
  }

  onDone(now: Ms, executor: number, started: Ms, ended: Ms, status: Status): void {
    const batch = this.#batches[executor]!
    batch.started = started
    batch.ended = ended
    batch.status = status
    this.#scalers?.noteExecutor(now, executor)
    this.#serverOf[executor]!.done(now, batch)
    if (this.#hasCopies) this.#settleCopies(now)
  }

  onLoaded(now: Ms, executor: number, ok: boolean): void {
    this.#serverOf[executor]!.loaded(now, executor, ok)
    if (this.#hasCopies) this.#settleCopies(now)
  }

  onSteps(now: Ms, executor: number, steps: number, firstMs: Ms, lastMs: Ms): void {
    this.#scalers?.noteExecutor(now, executor)
    this.#serverOf[executor]!.steps(now, executor, steps, firstMs, lastMs)
    if (this.#hasCopies) this.#settleCopies(now)
  }

  onExecutor(now: Ms, executor: number, state: ExecutorState): void {
    this.#scalers?.executor(now, executor, state)
    this.#observer.executor?.(now, executor, state)
    this.#serverOf[executor]!.executor(now, executor, state)
    if (this.#hasCopies) this.#settleCopies(now)
  }

  onDelivered(now: Ms, request: number): void {
    this.#carrier.delivered(now, request)
    if (this.#hasCopies) this.#settleCopies(now)
  }

  onEnd(now: Ms): void {
    if (this.#network?.holdsEnd() === true) return
    this.#setEnding(true)
    this.#scalers?.end(now)
    for (const server of this.#servers) server.end(now)
    if (this.#hasCopies) this.#settleCopies(now)
  }

  /** Ends the copies that wait in vain. */
  #withdraw(now: Ms): void {
    this.#attempts!.eachInVain((request) => {
      const station = this.#stations[this.#requests.queue[request]!]!
      const { queue, admission, id } = station
      this.#scalers?.note(now, station)
      queue.remove(request)
      admission.left()
      this.#outcomes.lose(now, request, OUTCOME.withdrawn)
      this.#toExamine.add(id)
    })
  }

  /**
   * At the end of each event: copies that wait in vain end, and their servers look at their queues
   * again. All of them end before any server does, and again after each, as what it starts may be
   * tied to what waits elsewhere.
   */
  #settleCopies(now: Ms): void {
    for (;;) {
      this.#withdraw(now)
      const [id] = this.#toExamine
      if (id === undefined) return
      this.#toExamine.delete(id)
      this.#servers[id]!.timer(now)
    }
  }

  #setEnding(ending: boolean): void {
    this.#ending = ending
    for (const station of this.#stations) station.ending = ending
  }

  /** Further attempts of a request, and further parts of a fan-out, go to the pool of the first. */
  #choosePool(now: Ms, request: number): PoolState {
    const requests = this.#requests
    if (requests.copy[request]! > 0) return this.#attempts!.poolOf(request)
    if (requests.part[request]! > 0) return this.#poolOfParts
    const router = this.#routers[requests.class[request]!]!
    const pool = router.route(now, request) ?? router.candidates[0]!
    this.#poolOfParts = pool
    return pool
  }

  /** The station of a request in its pool; null where no replica takes it. */
  #chooseStation(now: Ms, request: number, { router }: PoolState): Station | null {
    const { copy, part } = this.#requests
    if (copy[request]! > 0) {
      return router.routeCopy(now, request, this.#attempts!.avoided(request))
    }
    return part[request]! > 0 ? router.routeApart(now, request) : router.route(now, request)
  }

  #networkOf({ network, classes }: ServingPlan, pools: readonly PoolState[]): Network | null {
    return networkOf(network, {
      requests: this.#requests,
      carrier: this.#carrier,
      attempts: this.#attempts,
      classes,
      pools,
      choose: (now, request) => this.#choosePool(now, request),
      deliver: (now, request, pool, station) => this.#deliver(now, request, pool, station),
      answered: (now, request) => this.#outcomes.answered(now, request),
      ended: (now) => this.onEnd(now),
    })
  }
}
