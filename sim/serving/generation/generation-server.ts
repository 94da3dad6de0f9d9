import type { ClassPlan } from '../plan.ts'
import { type Batch, type ExecutorState, type Ms, STATUS, type Status } from '../ports.ts'
import type { Station } from '../routing/station.ts'
import { drainExecutor, loseExecutor, stopServed } from '../servers/executor-changes.ts'
import type { ServerWorld, StationServer } from '../servers/station-server.ts'
import type { Engine } from './engine.ts'
import type { EngineHost } from './engine-host.ts'
import type { KvReceiver, KvTransfer } from './kv-transfer.ts'
import { newEngine } from './new-engine.ts'
import type { Sequences } from './sequences.ts'

/** What the servers of all pools that generate share. */
export interface GenerationWorld extends ServerWorld {
  readonly classes: readonly ClassPlan[]
  readonly sequences: Sequences
}

/** Serves requests token by token: an engine for each executor, all of which share one queue. */
export class GenerationServer implements StationServer, KvReceiver {
  readonly #station: Station
  readonly #world: GenerationWorld
  /** null where sequences decode where they were prefilled */
  readonly #transfer: KvTransfer | null
  readonly #host: EngineHost
  readonly #engines: Engine[]

  constructor(station: Station, world: GenerationWorld, transfer: KvTransfer | null) {
    this.#station = station
    this.#world = world
    this.#transfer = transfer
    this.#host = this.#hostOfEngines()
    this.#engines = Array.from({ length: station.executors }, (_, i) =>
      this.#newEngine(station.firstExecutor + i),
    )
    station.caches = this
  }

  #newEngine(executor: number): Engine {
    return newEngine(executor, this.#station.pool.generation!, this.#host)
  }

  /** Share of the blocks of its KV caches that sequences use. */
  get kvUsage(): number {
    let sum = 0
    for (const { slots } of this.#engines) sum += slots.kv.usage
    return sum / this.#engines.length
  }

  limitBlocks(budget: number): void {
    for (const { slots } of this.#engines) slots.limitBlocks(budget)
  }

  couldHold(request: number): boolean {
    const { requests, sequences } = this.#world
    sequences.begin(request, requests.inputTokens[request]!)
    requests.firstToken[request] = Number.NaN
    requests.preemptions[request] = 0
    return this.holds(request) && (this.#transfer?.holds(request) ?? true)
  }

  holds(request: number): boolean {
    return this.#engines[0]!.holds(request)
  }

  takeOver(now: Ms, request: number): void {
    this.#station.admission.entered()
    this.#station.queue.pushBegun(request)
    this.offer(now)
  }

  /**
   * Idle engines begin. An engine at work ends its run after the step under way where a sequence
   * would get a slot.
   */
  offer(now: Ms): void {
    this.#expire(now)
    this.#share(now)
  }

  timer(now: Ms): void {
    this.offer(now)
  }

  steps(now: Ms, executor: number, steps: number, firstMs: Ms, lastMs: Ms): void {
    const engine = this.#engineOf(executor)
    engine.stepped(now, steps, firstMs, lastMs)
    this.#expire(now)
    engine.schedule(now)
    // the other engines get what this one left in the queue
    this.#share(now)
    this.#stopServed(now)
  }

  #engineOf(executor: number): Engine {
    return this.#engines[executor - this.#station.firstExecutor]!
  }

  /** An engine has lost its run, and all sequences in it. */
  done(now: Ms, { executor, status }: Batch): void {
    if (status !== STATUS.died) throw new Error(`Expected executor ${executor} to run steps`)
    this.#beginAnew(now, executor)
    this.#world.withdraw?.(now)
    this.#share(now)
    this.#stopServed(now)
  }

  executor(now: Ms, executor: number, state: ExecutorState): void {
    const station = this.#station
    const { slots } = this.#engineOf(executor)
    if (state === 'up') {
      station.open(now, executor)
      slots.closed = false
    } else if (state === 'draining') {
      drainExecutor(now, station, executor)
      slots.closed = !station.pool.perReplicaQueues
    } else {
      loseExecutor(now, station, executor, this.#world)
      slots.closed = true
      // otherwise once the end of its run is reported
      if (!this.isBusy(executor)) this.#beginAnew(now, executor)
    }
    this.offer(now)
    this.#stopServed(now)
  }

  /**
   * The process of an executor has ended: all sequences of its engine fail, and the next one begins
   * with an empty KV cache.
   */
  #beginAnew(now: Ms, executor: number): void {
    const before = this.#engineOf(executor)
    const engine = this.#newEngine(executor)
    this.#engines[executor - this.#station.firstExecutor] = engine
    engine.slots.closed = before.slots.closed
    engine.slots.countOn(before.slots)
    for (;;) {
      const request = before.slots.takeAny()
      if (request < 0) break
      this.#finish(now, executor, request, STATUS.died)
    }
    this.#world.observer.kv?.(now, engine.slots.use)
  }

  #stopServed(now: Ms): void {
    if (this.#station.stopping.size === 0) return
    const stopped = (at: Ms, executor: number) => {
      this.#beginAnew(at, executor)
      this.#world.stopped(at, executor)
    }
    stopServed(now, this.#station, { stopped }, (executor) => this.isBusy(executor))
  }

  loaded(_now: Ms, executor: number): void {
    throw new Error(`Expected executor ${executor} to load no model`)
  }

  isBusy(executor: number): boolean {
    return this.#engineOf(executor).busy
  }

  /** Engines never wait for further requests. */
  end(): void {}

  #share(now: Ms): void {
    const { queue } = this.#station
    for (const engine of this.#engines) {
      if (!engine.busy && queue.next >= 0) engine.schedule(now)
    }
    let working = 0
    for (const engine of this.#engines) {
      const { busy, run } = engine
      if (busy && !this.#station.isClosed(run.executor)) working++
      if (!busy || run.steps === 1) continue
      if (engine.decides) this.#world.steps!.yieldAtStep(run.executor)
      else if (engine.lacksBlocks) run.waitsForBlocks = true
    }
    this.#station.working = working
  }

  #expire(now: Ms): void {
    const { outcomes, timers } = this.#world
    outcomes.expire(now, this.#station)
    // a sequence that has ended just now may be another copy of what waits here
    this.#world.withdraw?.(now)
    timers.wake(this.#station.id, this.#station.queue.nextTimeOut)
  }

  #hostOfEngines(): EngineHost {
    const { requests, steps, observer, classes, sequences } = this.#world
    if (steps === null) throw new Error('Expected no pool that generates')
    const station = this.#station
    const transfer = this.#transfer
    const levels = station.pool.order.discipline === 'priority'
    return {
      requests,
      sequences,
      queue: station.queue,
      backend: steps,
      observer,
      classes,
      levelOf: (request) => (levels ? classes[requests.class[request]!]!.priority : 0),
      admitted: (now, executor, request) => this.#admit(now, executor, request),
      finished: (now, executor, request) => this.#finish(now, executor, request, STATUS.ok),
      handOver: transfer && ((_now, request) => this.#handOver(transfer, request)),
    }
  }

  /** A sequence counts as dispatched when it gets a slot for the first time. */
  #admit(now: Ms, executor: number, request: number): number {
    const { requests, sequences, observer } = this.#world
    this.#station.running++
    if (!Number.isNaN(requests.firstToken[request]!)) return sequences.number[request]!
    requests.idleAtEnqueueMs[request] = 0
    sequences.admitted[request] = now
    observer.dispatched?.(now, this.#asBatch(executor, request))
    return sequences.count++
  }

  #finish(now: Ms, executor: number, request: number, status: Status): void {
    const batch = this.#asBatch(executor, request)
    batch.started = batch.dispatched
    batch.ended = now
    batch.status = status
    this.#world.outcomes.ended(now, this.#station, batch)
  }

  /** A sequence as a batch of one, in the record of its executor. */
  #asBatch(executor: number, request: number): Batch {
    const { requests, sequences, batches } = this.#world
    const batch = batches[executor]!
    batch.members[0] = request
    batch.size = 1
    batch.length = requests.inputTokens[request]!
    batch.tokens = batch.length
    batch.oldestEnqueued = requests.enqueued[request]!
    batch.dispatched = sequences.admitted[request]!
    return batch
  }

  #handOver(transfer: KvTransfer, request: number): void {
    this.#station.running--
    this.#station.admission.left()
    transfer.send(request, this.#world.sequences.context[request]!)
  }
}
