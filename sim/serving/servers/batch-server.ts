import { assembleBatch, type BatchAssembly } from '../batching/batch-assembly.ts'
import type { Decision } from '../batching/index.ts'
import { type Batch, type ExecutorState, type Ms, STATUS } from '../ports.ts'
import type { Station } from '../routing/station.ts'
import { drainExecutor, loseExecutor, stopServed } from './executor-changes.ts'
import type { ServerWorld, StationServer } from './station-server.ts'

/** Serves requests in batches, as the batching policy of the station decides. */
export class BatchServer implements StationServer {
  protected readonly station: Station
  protected readonly world: ServerWorld
  protected readonly decision: Decision = { take: 0, group: 0, wakeAt: Number.POSITIVE_INFINITY }

  /** used again for each batch */
  readonly #assembly: BatchAssembly

  constructor(station: Station, world: ServerWorld) {
    const batch = world.batches[station.firstExecutor]!
    this.station = station
    this.world = world
    this.#assembly = { station, requests: world.requests, batch, room: null }
  }

  couldHold(_request: number): boolean {
    return true
  }

  offer(now: Ms, request: number): void {
    const { station } = this
    // while no executor is free, an arrival changes only what times out next
    const pumps = station.mayTake || station.batcher.dropsOldest || this.#timesOutNext(request)
    if (pumps) this.pump(now)
  }

  #timesOutNext(request: number): boolean {
    const { nextTimeOut } = this.station.queue
    const { deadline } = this.world.requests
    return nextTimeOut < Number.POSITIVE_INFINITY && deadline[request]! <= nextTimeOut
  }

  timer(now: Ms): void {
    this.pump(now)
    this.stopServed(now)
  }

  done(now: Ms, batch: Batch): void {
    this.finish(now, batch)
    this.station.freeExecutor(now, batch.executor)
    this.pump(now)
    this.stopServed(now)
  }

  executor(now: Ms, executor: number, state: ExecutorState): void {
    if (state === 'up') this.station.open(now, executor)
    else if (state === 'down') loseExecutor(now, this.station, executor, this.world)
    else drainExecutor(now, this.station, executor)
    this.pump(now)
    this.stopServed(now)
  }

  protected stopServed(now: Ms): void {
    if (this.station.stopping.size > 0) this.#stopServed(now)
  }

  #stopServed(now: Ms): void {
    const stopped = (at: Ms, executor: number) => {
      this.ended(executor)
      this.world.stopped(at, executor)
    }
    stopServed(now, this.station, { stopped }, (executor) => this.isBusy(executor))
  }

  /** The process of an executor has ended: it was lost, or has stopped. */
  protected ended(_executor: number): void {}

  loaded(_now: Ms, executor: number, _ok: boolean): void {
    throw new Error(`Expected executor ${executor} to load no model`)
  }

  steps(_now: Ms, executor: number): void {
    throw new Error(`Expected executor ${executor} to run no steps`)
  }

  isBusy(executor: number): boolean {
    return this.station.isBusy(executor)
  }

  end(now: Ms): void {
    this.pump(now)
  }

  protected pump(now: Ms): void {
    this.settle(now)
  }

  /**
   * Brings the station to rest: nothing is overdue, and no batch can start. Arms its timer. Returns
   * whether a batch that is due could not begin.
   */
  protected settle(now: Ms): boolean {
    const { station, decision } = this
    const { queue } = station
    this.world.outcomes.expire(now, station)
    let wakeAt = Number.POSITIVE_INFINITY
    let blocked = false
    for (;;) {
      // what has started or ended just now may be another copy of what waits here
      this.world.withdraw?.(now)
      if (blocked || queue.length === 0 || !this.ready()) break
      station.decide(now, decision)
      if (decision.take === 0) {
        wakeAt = decision.wakeAt
        break
      }
      blocked = !this.begin(now)
    }
    this.world.timers.wake(station.id, Math.min(wakeAt, queue.nextTimeOut, station.dropsOldestAt))
    return blocked
  }

  /** Whether there is an executor for the next batch. */
  protected ready(): boolean {
    return this.station.hasFreeExecutor
  }

  /** Begins the batch that was decided; false where it has to wait for something else. */
  protected begin(now: Ms): boolean {
    this.start(now, this.assemble(now, this.station.takeExecutor(now), null))
    return true
  }

  /** Takes the batch that was decided out of the queue. */
  protected assemble(now: Ms, executor: number, room: BatchAssembly['room']): Batch {
    const assembly = this.#assembly
    const batch = this.world.batches[executor]!
    assembly.batch = batch
    assembly.room = room
    assembleBatch(now, assembly, this.decision)
    return batch
  }

  protected start(now: Ms, batch: Batch): void {
    this.world.observer.dispatched?.(now, batch)
    this.world.backend.start(batch)
  }

  /** Ends all members of a batch. */
  protected finish(now: Ms, batch: Batch): void {
    const { station } = this
    if (batch.status === STATUS.ok) station.batcher.observe(now, batch)
    this.world.outcomes.ended(now, station, batch)
  }
}
