import { computedLength, paddedLength } from '../batching/padding.ts'
import { type Batch, type ExecutorState, type Ms, STATUS } from '../ports.ts'
import type { Station } from '../routing/station.ts'
import { BatchServer } from '../servers/batch-server.ts'
import { drainExecutor, loseExecutor } from '../servers/executor-changes.ts'
import type { ServerWorld } from '../servers/station-server.ts'
import { LoadAttempt } from './load-attempt.ts'
import type { MemoryWaiter, MemoryWaitQueue } from './memory-wait-queue.ts'
import type { SharedMemory } from './shared-memory.ts'

/**
 * Serves requests in batches that take memory of a device: batches are as large as the ledger
 * allows, weights are loaded and evicted, and batches that run out of memory are remedied. A batch
 * that waits for the ledger counts as waiting although an executor is free; one that waits for a
 * load counts as waiting for an executor.
 */
export class MemoryServer extends BatchServer implements MemoryWaiter {
  readonly #memory: SharedMemory
  /** never used where each replica has a device of its own: what could not run was refused */
  readonly #waiting: MemoryWaitQueue
  readonly #load = new LoadAttempt()
  /** executors that are back before the batch that they lost has ended */
  readonly #returning = new Set<number>()

  constructor(station: Station, world: ServerWorld, memory: SharedMemory) {
    super(station, world)
    this.#memory = memory
    this.#waiting = memory.waiting(station.firstExecutor)
  }

  override couldHold(request: number): boolean {
    return this.#memory.ledger.couldHold(this.station.firstExecutor, this.#computed(request))
  }

  override done(now: Ms, batch: Batch): void {
    const { ledger, residency, remedies } = this.#memory
    const { executor } = batch
    if (batch.status === STATUS.outOfMemory && remedies.retry(now, executor)) return
    this.finish(now, batch)
    const isGone = this.station.isClosed(executor) && batch.status === STATUS.died
    // the parts of a batch that are still to go are lost with its executor
    while (isGone && remedies.takeNextPart(executor)) this.#finishUnrun(now, batch)
    if (remedies.startNextPart(executor)) return
    ledger.hold(executor, 0)
    residency.end(executor)
    if (isGone) this.ended(executor)
    this.station.freeExecutor(now, executor)
    if (this.#returning.delete(executor)) residency.back(now, executor)
    this.stopServed(now)
    this.#waiting.deviceFreed()
    // requests that came before the first server began to wait go before it
    this.takeTurn(now)
    this.#waiting.takeTurns(now)
  }

  override loaded(now: Ms, executor: number, ok: boolean): void {
    const { residency } = this.#memory
    residency.loaded(now, executor, ok)
    if (ok) this.#load.on('loaded')
    else this.#loadFailed(now, executor)
    this.stopServed(now)
    this.takeTurn(now)
    if (ok && residency.isFresh(executor)) residency.releaseUnused(executor)
    if (!residency.somethingEnds(executor)) this.#waiting.deviceFreed()
    this.#waiting.takeTurns(now)
  }

  override executor(now: Ms, executor: number, state: ExecutorState): void {
    const { residency } = this.#memory
    if (state === 'up') {
      if (residency.isBusy(executor)) this.#returning.add(executor)
      else residency.back(now, executor)
    } else if (state === 'down') {
      loseExecutor(now, this.station, executor, this.world)
      if (!residency.isBusy(executor)) this.ended(executor)
    } else drainExecutor(now, this.station, executor)
    this.stopServed(now)
    this.#waiting.deviceFreed()
    this.takeTurn(now)
    this.#waiting.takeTurns(now)
  }

  override isBusy(executor: number): boolean {
    const { residency } = this.#memory
    return residency.isBusy(executor) || residency.isLoading(executor)
  }

  protected override ended(executor: number): void {
    const { residency } = this.#memory
    if (residency.isLoading(executor)) this.#load.on('given up')
    residency.lost(executor)
  }

  takeTurn(now: Ms): void {
    if (this.settle(now)) {
      this.#waiting.join(this, now)
      return
    }
    this.#waiting.leave(this)
    this.#load.on('satisfied')
  }

  deviceFreed(): void {
    this.#load.on('ended')
  }

  protected override pump(now: Ms): void {
    const wasFirst = this.#waiting.isFirst(this)
    this.takeTurn(now)
    if (wasFirst && !this.#waiting.isFirst(this)) this.#waiting.takeTurns(now)
  }

  /** An executor is free, or its model may be loaded. */
  protected override ready(): boolean {
    const { hasFreeExecutor, absent } = this.station
    return hasFreeExecutor || (absent > 0 && !this.#load.isUnderWay)
  }

  /** Starts the batch, or a load for it. */
  protected override begin(now: Ms): boolean {
    const { station } = this
    const { ledger, residency } = this.#memory
    const { requests } = this.world
    const request = station.queue.peek(now, this.decision.group)
    const free = station.hasFreeExecutor
    const executor = free ? station.longestFree : residency.absentOf(station)
    const loadedForIt = free && residency.isFresh(executor)
    if (!loadedForIt && this.#waiting.mustWait(this, requests.enqueued[request]!)) return false
    const bytes = ledger.estimate(executor, 1, this.#computed(request))
    if (!free) return this.#beginLoad(now, executor, bytes)
    if (!residency.evictFor(now, executor, ledger.lacks(executor, bytes))) return false
    const batch = this.#fill(now, station.takeExecutor(now), request)
    ledger.hold(executor, ledger.estimate(executor, batch.size, computedLength(batch)))
    residency.begin(now, executor)
    this.#memory.remedies.begin(executor)
    this.start(now, batch)
    return true
  }

  #beginLoad(now: Ms, executor: number, bytes: number): boolean {
    const { ledger, residency } = this.#memory
    if (this.#load.state === 'stalled') return false
    const lacking = ledger.resident[executor]! + ledger.lacks(executor, bytes)
    if (!residency.evictFor(now, executor, lacking)) return false
    this.#load.on('begun')
    residency.load(executor, bytes)
    return true
  }

  /** Takes a batch that begins with a request out of the queue, as large as memory allows. */
  #fill(now: Ms, executor: number, first: number): Batch {
    const { fit } = this.#memory
    fit.open(executor, this.station.pool, this.world.requests.inputTokens[first]!)
    return this.assemble(now, executor, fit)
  }

  /**
   * The device had no room although the ledger has. First its arenas shrink, then idle models are
   * evicted one by one, then the load waits until something ends. Where nothing will, the batch
   * fails.
   */
  #loadFailed(now: Ms, executor: number): void {
    const { residency } = this.#memory
    const { backend, observer } = this.world
    const isFirst = this.#load.state === 'loading'
    if (isFirst && this.#memory.shrinks(executor) && backend.shrink !== undefined) {
      backend.shrink(executor)
      observer.remedied?.(now, executor, 'shrunk')
      this.#load.on('released')
    } else if (residency.evictOne(now, executor)) {
      observer.remedied?.(now, executor, 'evicted')
      this.#load.on('released')
    } else if (residency.somethingEnds(executor)) this.#load.on('blocked')
    else this.#giveUp(now, executor)
  }

  /** The batch that a load was for fails without having run. */
  #giveUp(now: Ms, executor: number): void {
    const { station, decision } = this
    const { ledger } = this.#memory
    this.#load.on('given up')
    if (station.queue.length === 0) return
    station.decide(now, decision)
    if (decision.take === 0) return
    ledger.enter(executor)
    const batch = this.#fill(now, executor, station.queue.peek(now, decision.group))
    ledger.leave(executor)
    batch.status = STATUS.outOfMemory
    this.world.observer.dispatched?.(now, batch)
    this.world.observer.remedied?.(now, executor, 'failed')
    this.#finishUnrun(now, batch)
  }

  /** A batch, or a part of one, has failed without having run, so it takes no time. */
  #finishUnrun(now: Ms, batch: Batch): void {
    batch.started = now
    batch.ended = now
    this.finish(now, batch)
  }

  /** The length that is computed for a batch of one. */
  #computed(request: number): number {
    const { pool } = this.station
    const length = this.world.requests.inputTokens[request]!
    return pool.ragged ? length : paddedLength(pool, Math.max(1, length))
  }
}
