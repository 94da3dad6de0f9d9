import { assembleBatch } from '../batching/batch-assembly.ts'
import type { Decision } from '../batching/index.ts'
import type { ServingPlan } from '../plan.ts'
import {
  type Backend,
  type Batch,
  computedLength,
  type Ms,
  type Observer,
  STATUS,
} from '../ports.ts'
import { padded } from '../queue/look-ahead-index.ts'
import type { Requests } from '../requests.ts'
import type { Station } from '../routing/station.ts'
import { BatchFit } from './batch-fit.ts'
import { Ledger } from './ledger.ts'
import { MemoryWaitQueue } from './memory-wait-queue.ts'
import { Remedies } from './remedies.ts'
import { Residency } from './residency.ts'

/** What the pools with memory share with the control plane. */
export interface MemoryWorld {
  readonly requests: Requests
  readonly backend: Backend
  readonly observer: Observer
  readonly stations: readonly Station[]
  readonly stationOf: readonly Station[]
  /** of each executor */
  readonly batches: readonly Batch[]
  /** Everything of a batch has ended. */
  readonly ended: (now: Ms, station: Station, batch: Batch) => void
  /** Those whose time is over leave a queue. */
  readonly expire: (now: Ms, station: Station) => void
  readonly wake: (station: Station, at: Ms) => void
}

/**
 * What the control plane does otherwise where pools say what memory they have: batches are as
 * large as the ledger lets them be, weights come and go, and batches that ran out of memory are
 * helped. Who waits for the ledger waits though an executor is free; who waits for a load waits
 * for an executor.
 */
export class MemoryScheduler {
  readonly #world: MemoryWorld
  readonly #devices: ServingPlan['devices']
  readonly #ledger: Ledger
  readonly #residency: Residency
  readonly #remedies: Remedies
  readonly #room: BatchFit
  /** of each device */
  readonly #lines: readonly MemoryWaitQueue[]
  readonly #decision: Decision = { take: 0, lane: 0, wakeAt: Number.POSITIVE_INFINITY }
  /** by number of the station: its executor whose weights are on their way; -1 for none */
  readonly #loading: Int32Array
  /** loads that failed since one came */
  readonly #failures: Uint32Array
  /** 1 for those whose loads wait for something else to end */
  readonly #stalled: Uint8Array

  constructor(plan: ServingPlan, world: MemoryWorld) {
    this.#world = world
    this.#devices = plan.devices
    this.#ledger = new Ledger(plan)
    const shared = { ...world, ledger: this.#ledger }
    this.#residency = new Residency(plan, shared)
    this.#remedies = new Remedies({ ...world, residency: this.#residency })
    this.#room = new BatchFit(this.#ledger)
    this.#lines = plan.devices.map(() => new MemoryWaitQueue())
    this.#loading = new Int32Array(world.stations.length).fill(-1)
    this.#failures = new Uint32Array(world.stations.length)
    this.#stalled = new Uint8Array(world.stations.length)
  }

  /** Whether any replica of a station could ever run a request. */
  couldHold(station: Station, request: number): boolean {
    return this.#ledger.couldHold(station.firstExecutor, this.#computed(station, request))
  }

  /** Brings a station to rest: nothing is overdue, and no batch could go nor model be loaded. */
  pump(now: Ms, station: Station): void {
    const line = this.#lineOf(station)
    const first = line.at(0) === station
    this.#settle(now, station)
    if (first && line.at(0) !== station) this.#takeTurns(now, line)
  }

  /** The times and status of the batch are those of its end. */
  onDone(now: Ms, executor: number): void {
    const { stationOf, batches, ended } = this.#world
    const station = stationOf[executor]!
    const batch = batches[executor]!
    if (batch.status === STATUS.outOfMemory && this.#remedies.tryAgain(now, executor)) return
    if (batch.status === STATUS.ok) station.batcher.observe(now, batch)
    ended(now, station, batch)
    if (this.#remedies.goOn(executor)) return
    this.#ledger.hold(executor, 0)
    this.#residency.end(executor)
    station.freeExecutor(now, executor)
    this.#goOn(now, station)
  }

  onLoaded(now: Ms, executor: number, ok: boolean): void {
    const station = this.#world.stationOf[executor]!
    this.#loading[station.id] = -1
    this.#residency.loaded(now, executor, ok)
    if (ok) this.#failures[station.id] = 0
    else this.#failed(now, station, executor)
    this.#settle(now, station)
    if (ok && this.#residency.isFresh(executor)) this.#residency.stale(executor)
    if (!this.#somethingEnds(executor)) this.#wakeStalled(this.#lineOf(station))
    this.#takeTurns(now, this.#lineOf(station))
  }

  /** Something ended on the device of a station. */
  #goOn(now: Ms, station: Station): void {
    const line = this.#lineOf(station)
    this.#wakeStalled(line)
    // with those who came before the first in line; then that one, and whoever is behind
    this.#settle(now, station)
    this.#takeTurns(now, line)
  }

  #wakeStalled(line: MemoryWaitQueue): void {
    for (let i = 0; i < line.length; i++) this.#stalled[line.at(i)!.id] = 0
  }

  #takeTurns(now: Ms, line: MemoryWaitQueue): void {
    for (let place = 0; place < line.length; ) {
      const station = line.at(place)!
      this.#settle(now, station)
      if (line.at(place) === station) place++
    }
  }

  #settle(now: Ms, station: Station): void {
    const { queue } = station
    const { expire, wake } = this.#world
    const decision = this.#decision
    expire(now, station)
    let wakeAt = Number.POSITIVE_INFINITY
    let blocked = false
    while (!blocked && queue.length > 0 && this.#couldTake(station)) {
      station.decide(now, decision)
      if (decision.take === 0) {
        wakeAt = decision.wakeAt
        break
      }
      blocked = !this.#begin(now, station, decision)
    }
    if (blocked) this.#lineOf(station).join(station, now)
    else this.#leaveLine(station)
    wake(station, Math.min(wakeAt, queue.nextTimeOut, station.givesUpAt))
  }

  /** Whoever comes next must find nothing of what was in the way of those who are gone. */
  #leaveLine(station: Station): void {
    this.#lineOf(station).leave(station)
    this.#stalled[station.id] = 0
    if (this.#loading[station.id]! < 0) this.#failures[station.id] = 0
  }

  #couldTake(station: Station): boolean {
    return station.hasFreeExecutor || (station.absent > 0 && this.#loading[station.id]! < 0)
  }

  /** Starts a batch or a load for it; false where that has to wait for memory. */
  #begin(now: Ms, station: Station, decision: Decision): boolean {
    const { requests } = this.#world
    const ledger = this.#ledger
    const request = station.queue.peek(now, decision.lane)
    const free = station.hasFreeExecutor
    const executor = free ? station.longestFree : this.#residency.absentOf(station)
    const own = free && this.#residency.isFresh(executor)
    if (!own && this.#lineOf(station).holdsBack(station, requests.enqueued[request]!)) return false
    const bytes = ledger.estimate(executor, 1, this.#computed(station, request))
    if (free) {
      if (!this.#residency.makeRoom(now, executor, ledger.lacks(executor, bytes))) return false
      this.#dispatch(now, station, decision, request)
      return true
    }
    if (this.#stalled[station.id] === 1) return false
    const lacking = ledger.resident[executor]! + ledger.lacks(executor, bytes)
    if (!this.#residency.makeRoom(now, executor, lacking)) return false
    this.#loading[station.id] = executor
    this.#residency.load(executor, bytes)
    return true
  }

  #dispatch(now: Ms, station: Station, decision: Decision, first: number): void {
    const { batches, requests, observer, backend } = this.#world
    const executor = station.takeExecutor(now)
    const batch = batches[executor]!
    this.#room.open(executor, station.pool, requests.length[first]!)
    assembleBatch(now, { station, requests, batch, room: this.#room }, decision)
    this.#ledger.hold(executor, this.#ledger.estimate(executor, batch.size, computedLength(batch)))
    this.#residency.begin(now, executor)
    this.#remedies.begin(executor)
    observer.dispatched(now, batch)
    backend.start(batch)
  }

  /**
   * The device had no room though the ledger has: first its arenas shrink, then idle models go one
   * by one, then it waits for an end; where nothing is left that could end, the batch fails.
   */
  #failed(now: Ms, station: Station, executor: number): void {
    const { backend, observer } = this.#world
    const { shrinks } = this.#devices[this.#ledger.deviceOf[executor]!]!.residency!
    if (this.#failures[station.id]!++ === 0 && shrinks && backend.shrink !== undefined) {
      backend.shrink(executor)
      observer.remedied?.(now, executor, 'shrunk')
    } else if (this.#residency.evictOne(now, executor)) {
      observer.remedied?.(now, executor, 'evicted')
    } else if (this.#somethingEnds(executor)) this.#stalled[station.id] = 1
    else this.#fail(now, station, executor)
  }

  /** Whether anything on the device will end: whoever is the last to fail waits for nobody. */
  #somethingEnds(executor: number): boolean {
    const { deviceOf } = this.#ledger
    const device = deviceOf[executor]
    return (
      this.#residency.isAtWork(executor) ||
      this.#loading.some((own) => own >= 0 && deviceOf[own] === device)
    )
  }

  /** The batch fails without having run that a load was for. */
  #fail(now: Ms, station: Station, executor: number): void {
    const { batches, requests, observer, ended } = this.#world
    this.#failures[station.id] = 0
    if (station.queue.length === 0) return
    station.decide(now, this.#decision)
    if (this.#decision.take === 0) return
    const batch = batches[executor]!
    const first = station.queue.peek(now, this.#decision.lane)
    this.#ledger.enter(executor)
    this.#room.open(executor, station.pool, requests.length[first]!)
    assembleBatch(now, { station, requests, batch, room: this.#room }, this.#decision)
    this.#ledger.leave(executor)
    batch.started = now
    batch.ended = now
    batch.status = STATUS.outOfMemory
    observer.dispatched(now, batch)
    observer.remedied?.(now, executor, 'failed')
    ended(now, station, batch)
  }

  /** The length that is computed for a batch of one. */
  #computed({ pool }: Station, request: number): number {
    const length = this.#world.requests.length[request]!
    return pool.ragged ? length : padded(Math.max(1, length), pool.padTo)
  }

  /** Of replicas with devices of their own none ever waits: what could not run was refused. */
  #lineOf(station: Station): MemoryWaitQueue {
    return this.#lines[this.#ledger.deviceOf[station.firstExecutor]!]!
  }
}
