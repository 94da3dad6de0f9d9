import { EventHeap } from '../kernel/index.ts'
import {
  type Backend,
  type Batch,
  type ControlPlanePort,
  computedLength,
  type Ms,
  type Requests,
  type Source,
  STATUS,
  type StepBackend,
  type StepRun,
  type Timers,
} from '../serving/index.ts'
import type { SharedCards } from './cards/shared-cards.ts'
import { DueTimers } from './due-timers.ts'
import { ARRIVAL, DONE, ENDED, LOADED, LOOK, STEPPED, TIMER } from './event-kinds.ts'
import type { Link } from './link.ts'
import type { OverheadModel } from './machine/overheads.ts'
import type { Speed } from './machine/speed.ts'
import type { DispatcherStalls } from './machine/stalls.ts'
import { StepRuns } from './machine/step-runs.ts'
import { wakeCost } from './machine/work.ts'
import type { ModelLoads } from './memory/model-loads.ts'
import type { WorldMemory } from './memory/world-memory.ts'
import type { Hardware, WorldParts, WorldStreams } from './world-parts.ts'

/**
 * The simulated world: virtual clock, event heap, and executors whose batches take work over speed.
 * Deterministic: it reads no wall clock, and all chance comes from seeded streams.
 */
export class SimulatedWorld implements Timers, Backend, StepBackend {
  now: Ms = 0
  events = 0
  readonly #heap = new EventHeap()
  readonly #source: Source
  readonly #requests: Requests
  readonly #hardware: readonly Hardware[]
  readonly #speed: Speed
  readonly #dispatcher: DispatcherStalls | null
  readonly #random: WorldStreams
  /** send delay of requests; null where the source's times include it */
  readonly #sendDelay: OverheadModel | null
  readonly #timer: OverheadModel | null
  /** null where requests reach their queue when they are sent */
  readonly #link: Link | null
  /** null where memory is not simulated; below, where no model is swapped */
  readonly #memory: WorldMemory | null
  readonly #loads: ModelLoads | null
  /** null where no card is shared */
  readonly #cards: SharedCards | null
  /** 1 if the last batch of each executor got its memory; below, the same of its last load */
  readonly #found: Uint8Array
  readonly #loaded: Uint8Array
  /** sequence of the armed event of each timer; -1 for none */
  readonly #armed: number[] = []
  readonly #due: DueTimers
  readonly #started: Float64Array
  readonly #ended: Float64Array
  readonly #runs: StepRuns
  /** sequences of the events that end the run, and the load, of each executor */
  readonly #runEnds: Float64Array
  readonly #loadEnds: Float64Array
  /** event that sends the next request, and its scheduled time */
  #arrival = -1
  #arrivalAt: Ms = Number.POSITIVE_INFINITY
  #control: ControlPlanePort | null = null
  readonly #end: WorldParts['end']
  /** when a `LOOK` event is scheduled, ms; Infinity for never */
  #lookAt: Ms = Number.POSITIVE_INFINITY
  /** the time of the next request is unknown until the source is refilled */
  #starved = false
  /** last request taken from the source; -1 for none */
  #taken = -1

  constructor(world: WorldParts) {
    this.#source = world.source
    this.#requests = world.requests
    this.#end = world.end
    this.#hardware = world.hardware
    this.#speed = world.machine.speed
    this.#dispatcher = world.machine.dispatcher
    this.#random = world.random
    this.#sendDelay = world.sendDelay
    this.#timer = world.timer
    this.#due = new DueTimers(world.fired ?? null)
    this.#link = world.link ?? null
    this.#memory = world.memory ?? null
    this.#loads = world.loads ?? this.#memory
    this.#cards = world.cards ?? null
    this.#found = new Uint8Array(world.hardware.length)
    this.#loaded = new Uint8Array(world.hardware.length)
    this.#started = new Float64Array(world.hardware.length)
    this.#ended = new Float64Array(world.hardware.length).fill(Number.NEGATIVE_INFINITY)
    this.#runs = new StepRuns(world.hardware.length, world.machine.steps)
    this.#runEnds = new Float64Array(world.hardware.length).fill(-1)
    this.#loadEnds = this.#runEnds.slice()
  }

  /** Must be called once, before `advance`. */
  attach(control: ControlPlanePort): void {
    this.#control = control
    this.#goOn(control)
  }

  arm(timer: number, at: Ms): void {
    const late = this.#timer === null ? 0 : this.#timer.timer(this.#random.overheads, at)
    while (this.#armed.length <= timer) this.disarm(this.#armed.length)
    this.#due.set(this.now, timer, at)
    this.#armed[timer] = this.#heap.push(Math.max(at + late, this.now), TIMER, timer)
  }

  disarm(timer: number): void {
    this.#armed[timer] = -1
    this.#due.set(this.now, timer, Number.POSITIVE_INFINITY)
  }

  start(batch: Batch): void {
    const { executor } = batch
    const found = this.#memory === null || this.#memory.start(this.now, batch)
    this.#found[executor] = found ? 1 : 0
    if (!found) {
      this.#started[executor] = this.now
      const sequence = this.#heap.push(this.now, DONE, executor)
      this.#cards?.failed(executor, sequence)
      return
    }
    const { work, wake, overheads } = this.#hardware[executor]!
    const gap = this.now - this.#ended[executor]!
    const dispatch = overheads?.dispatch(this.#random.overheads, this.now, gap) ?? 0
    const started = this.#speed.begin(executor, this.now + dispatch, gap)
    let size = work.of(batch.size, computedLength(batch), this.#random.service)
    if (work.setUp !== undefined && gap > 0) size += work.setUp(this.#random.service)
    size += wakeCost(wake, gap)
    this.#started[executor] = started
    if (this.#cards?.begin(started, executor, batch.size, size)) return
    const ended = this.#speed.finish(executor, started, size, batch.size)
    this.#ended[executor] = ended
    this.#heap.push(ended, overheads === null ? DONE : ENDED, executor)
  }

  load(executor: number): void {
    const ends = this.#loads!.load(this.now, executor, this.#random.service)
    this.#loaded[executor] = ends === null ? 0 : 1
    // loads that share a link with this one are delayed by it
    for (const { executor: loader, at } of ends ?? [{ executor, at: this.now }]) {
      this.#loadEnds[loader] = this.#heap.push(at, LOADED, loader)
    }
  }

  unload(executor: number): void {
    this.#loads!.unload(this.now, executor)
  }

  shrink(executor: number): void {
    this.#memory!.shrink(this.now, executor)
  }

  run(run: StepRun): void {
    const { executor } = run
    const { steps } = this.#hardware[executor]!
    if (!steps) throw new Error(`Expected executor ${executor} to generate`)
    const ended = this.#runs.begin(this.now, run, steps)
    this.#runEnds[executor] = this.#heap.push(ended, STEPPED, executor)
  }

  yieldAtStep(executor: number): void {
    const ended = this.#runs.cut(this.now, executor)
    if (ended !== null) this.#runEnds[executor] = this.#heap.push(ended, STEPPED, executor)
  }

  /** An end is seen sooner when the dispatcher is about to handle another event. */
  #report(executor: number, overheads: OverheadModel): void {
    const ended = this.now
    const due = Math.min(this.#source.peek(), this.#due.first)
    const done = ended + overheads.completion(this.#random.overheads, ended, due - ended)
    this.#heap.push(done, DONE, executor)
  }

  /**
   * Handles at most `maxEvents` events. `drained`: nothing will happen any more; `budget`: there is
   * more to do; `starved`: the source must be filled up before anything else can happen.
   */
  advance(maxEvents: number): 'drained' | 'budget' | 'starved' {
    const control = this.#control
    if (control === null) throw new Error('Expected `attach` to have been called')
    const heap = this.#heap
    if (this.#starved) {
      this.#goOn(control)
      if (this.#starved) return 'starved'
      this.#lookAgain(control)
    }
    for (let left = maxEvents; left > 0; left--) {
      this.#cards?.settle(this.now, heap, this)
      if (heap.size === 0) return 'drained'
      heap.pop()
      this.now = heap.time
      this.events++
      if (this.#dispatcher !== null && this.#putOff(this.#dispatcher)) continue
      if (heap.kind === ARRIVAL) {
        if (heap.sequence === this.#arrival) this.#handOver(control)
      } else if (heap.kind === DONE) {
        const event = this.#cards?.end(this.now, heap.slot, heap.sequence)
        if (event === 'moved') continue
        if (event === 'ended') this.#ended[heap.slot] = this.now
        this.#done(control, heap.slot)
      } else if (heap.kind === STEPPED) {
        const executor = heap.slot
        if (this.#runEnds[executor] !== heap.sequence) continue
        this.#runs.end(this.now, executor)
        const [first, last] = [this.#runs.firstMs(executor), this.#runs.lastMs(executor)]
        control.onSteps(this.now, executor, this.#runs.stepsOf(executor), first, last)
      } else if (heap.kind === LOADED) {
        if (this.#loadEnds[heap.slot] !== heap.sequence) continue
        control.onLoaded(this.now, heap.slot, this.#loaded[heap.slot] === 1)
      } else if (heap.kind === ENDED) {
        this.#report(heap.slot, this.#hardware[heap.slot]!.overheads!)
      } else if (heap.kind === LOOK) {
        this.#lookAt = Number.POSITIVE_INFINITY
        if (this.#end.wakeAt > this.now) continue
      } else {
        if (this.#armed[heap.slot] !== heap.sequence) continue
        this.disarm(heap.slot)
        control.onTimer(this.now, heap.slot)
      }
      if (this.#starved) return 'starved'
      if (this.#source.reactsUntil > 0) this.#lookAgain(control)
    }
    return 'budget'
  }

  /** Puts the current event off to the end of a stall; false where it is to be handled now. */
  #putOff(dispatcher: DispatcherStalls): boolean {
    const { kind, slot, sequence, time: now } = this.#heap
    if (kind === ARRIVAL && sequence === this.#arrival && this.#sendDelay !== null) {
      const at = dispatcher.handOver(now)
      if (at > now) this.#arrival = this.#heap.push(at, kind, slot)
      return at > now
    }
    const ends = kind === TIMER ? this.#armed : kind === LOADED ? this.#loadEnds : null
    if (kind !== DONE && ends?.[slot] !== sequence) return false
    const at = kind === TIMER ? dispatcher.timer(now) : dispatcher.completion(now)
    const again = at > now ? this.#heap.push(at, kind, slot) : -1
    if (ends !== null && at > now) ends[slot] = again
    return at > now
  }

  #done(control: ControlPlanePort, executor: number): void {
    this.#memory?.end(this.now, executor)
    const started = this.#started[executor]!
    const found = this.#found[executor] === 1
    // a batch that found no memory ended when it began
    const ended = found ? this.#ended[executor]! : started
    control.onDone(this.now, executor, started, ended, found ? STATUS.ok : STATUS.outOfMemory)
  }

  #handOver(control: ControlPlanePort): void {
    const request = this.#requests.acquire()
    const came = this.#source.take(this.#requests, request)
    if (!came) this.#requests.release(request)
    else this.#link?.passed(this.now)
    this.#taken = came ? request : -1
    this.#goOn(control)
  }

  /** Handles a taken request, in one order whether or not a trace had to be refilled in between. */
  #goOn(control: ControlPlanePort): void {
    this.#scheduleArrival()
    if (this.#starved) return
    if (this.#taken >= 0) control.onArrival(this.now, this.#taken)
    if (this.#arrival < 0) this.#end.look(this.now, control)
  }

  /** Outcomes may have brought the next request forward, or ended the traffic. */
  #lookAgain(control: ControlPlanePort): void {
    this.#end.look(this.now, control)
    if (this.#source.peek() !== this.#arrivalAt) this.#scheduleArrival()
    const { wakeAt } = this.#end
    if (wakeAt >= this.#lookAt) return
    this.#lookAt = wakeAt
    this.#heap.push(wakeAt, LOOK, 0)
  }

  #scheduleArrival(): void {
    const at = this.#source.peek()
    this.#arrivalAt = at
    this.#starved = Number.isNaN(at)
    if (this.#starved) return
    this.#arrival = -1
    if (at === Number.POSITIVE_INFINITY) return
    let sent = this.#link === null ? at : this.#link.through(at)
    if (this.#sendDelay !== null) {
      // one thread sends all requests: a late one delays those behind it
      sent = Math.max(this.now, sent + this.#sendDelay.sendDelay(this.#random.overheads, at))
    }
    this.#arrival = this.#heap.push(sent, ARRIVAL, 0)
  }
}
