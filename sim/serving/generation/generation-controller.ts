import type { ClassPlan, ServingPlan } from '../plan.ts'
import {
  type Batch,
  type Ms,
  type Observer,
  STATUS,
  type StepBackend,
  type Timers,
} from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { Station } from '../routing/station.ts'
import type { EngineHost } from './engine-host.ts'
import { Engines } from './engines.ts'
import { Link } from './link.ts'
import { Sequences } from './sequences.ts'

/** A link, and where its sequences go. */
interface KvTransferRoute {
  readonly link: Link
  readonly pool: number
  readonly timer: number
}

/** What the engines of all pools share with the control plane. */
export interface GeneratingWorld {
  readonly requests: Requests
  readonly timers: Timers
  /** none where no pool may generate */
  readonly steps?: StepBackend
  readonly observer: Observer
  /** of each pool */
  readonly stations: readonly (readonly Station[])[]
  /** of a pool, by its routing policy */
  readonly route: (pool: number) => Station
  /** of each executor: its record, used here for a sequence as a batch of one */
  readonly batches: readonly Batch[]
  readonly stationOf: readonly Station[]
  /** Everything of a batch has ended. */
  readonly ended: (now: Ms, station: Station, batch: Batch) => void
  /** Those whose time is over leave a queue; its timer is set anew. */
  readonly expire: (now: Ms, station: Station) => void
}

/** The engines of the pools that generate, and the links between pools. */
export class GenerationController {
  readonly #world: GeneratingWorld
  readonly #classes: readonly ClassPlan[]
  readonly #sequences = new Sequences()
  /** by number of the station; null where it does not generate */
  readonly #engines: readonly (Engines | null)[]
  readonly #roads: KvTransferRoute[] = []
  #admitted = 0

  constructor(plan: ServingPlan, world: GeneratingWorld) {
    this.#world = world
    this.#classes = plan.classes
    const count = world.stations.flat().length
    this.#engines = plan.pools.flatMap(({ generation }, pool) => {
      const stations = world.stations[pool]!
      if (generation === undefined) return stations.map(() => null)
      const { handOver } = generation
      const timer = count + this.#roads.length
      const road = handOver && { link: new Link(handOver), pool: handOver.pool, timer }
      if (road !== null) this.#roads.push(road)
      return stations.map((station) => {
        const first = world.stationOf.indexOf(station)
        const host = this.#hostOf(station, road)
        return new Engines(generation, { first, count: station.executors }, host)
      })
    })
  }

  /** Takes on a request that has come to a station; false where that could never hold it. */
  begin(station: Station, request: number): boolean {
    const { requests } = this.#world
    this.#sequences.begin(request, requests.length[request]!)
    requests.firstToken[request] = Number.NaN
    requests.preemptions[request] = 0
    const { handOver } = station.pool.generation!
    const further = handOver === null ? [] : this.#world.stations[handOver.pool]!
    return [station, ...further].every(({ id }) => this.#engines[id]!.holds(request))
  }

  /** Something waits at a station. */
  offer(now: Ms, station: Station): void {
    this.#world.expire(now, station)
    this.#engines[station.id]!.offer(now)
  }

  onSteps(now: Ms, executor: number, steps: number, firstMs: Ms, lastMs: Ms): void {
    const station = this.#world.stationOf[executor]!
    const engines = this.#engines[station.id]!
    engines.stepped(now, executor, steps, firstMs, lastMs)
    this.#world.expire(now, station)
    engines.goOn(now, executor)
  }

  /** A timer beyond those of the stations: a KV cache has come over a link. */
  onLink(now: Ms, timer: number): void {
    const road = this.#roads.find((one) => one.timer === timer)!
    while (road.link.due <= now) {
      const request = road.link.take()
      const station = this.#world.route(road.pool)
      station.admission.entered()
      station.queue.pushBegun(request)
      this.offer(now, station)
    }
    if (road.link.due < Number.POSITIVE_INFINITY) this.#world.timers.arm(timer, road.link.due)
  }

  #hostOf(station: Station, road: KvTransferRoute | null): EngineHost {
    const { requests, steps, observer } = this.#world
    if (steps === undefined) throw new Error('Expected no pool that generates')
    const levels = station.pool.order.discipline === 'priority'
    return {
      requests,
      sequences: this.#sequences,
      queue: station.queue,
      backend: steps,
      observer,
      classes: this.#classes,
      levelOf: (request) => (levels ? this.#classes[requests.class[request]!]!.priority : 0),
      admitted: (now, executor, request) => this.#admit(now, station, executor, request),
      finished: (now, executor, request) => this.#finish(now, station, executor, request),
      handOver: road && ((now, request) => this.#handOver(now, station, road, request)),
    }
  }

  /** A sequence counts as dispatched when it gets a place for the first time. */
  #admit(now: Ms, station: Station, executor: number, request: number): number {
    const { requests, observer } = this.#world
    station.running++
    if (!Number.isNaN(requests.firstToken[request]!)) return this.#sequences.number[request]!
    requests.idleAtEnqueueMs[request] = 0
    this.#sequences.admitted[request] = now
    observer.dispatched(now, this.#asBatch(executor, request))
    return this.#admitted++
  }

  #finish(now: Ms, station: Station, executor: number, request: number): void {
    const batch = this.#asBatch(executor, request)
    batch.started = batch.dispatched
    batch.ended = now
    batch.status = STATUS.ok
    this.#world.ended(now, station, batch)
  }

  #asBatch(executor: number, request: number): Batch {
    const batch = this.#world.batches[executor]!
    batch.members[0] = request
    batch.size = 1
    batch.length = this.#world.requests.length[request]!
    batch.tokens = batch.length
    batch.oldestCame = this.#world.requests.enqueued[request]!
    batch.dispatched = this.#sequences.admitted[request]!
    return batch
  }

  #handOver(now: Ms, station: Station, { link, timer }: KvTransferRoute, request: number): void {
    station.running--
    station.admission.left()
    const idle = link.due === Number.POSITIVE_INFINITY
    link.send(now, request, this.#sequences.context[request]!)
    if (idle) this.#world.timers.arm(timer, link.due)
  }
}
