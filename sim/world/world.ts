import { EventHeap } from '../kernel/index.ts'
import type {
  ControlPlanePort,
  Ms,
  Requests,
  Source,
  Timers,
  Transfer,
  TransferBackend,
} from '../serving/index.ts'
import { DueTimers } from './due-timers.ts'
import {
  ARRIVAL,
  DELIVERED,
  ENDED,
  isOfExecutor,
  LIFECYCLE,
  LOOK,
  STEP_ENDED,
  STEPPED,
  TIMER,
} from './event-kinds.ts'
import type { ExecutorLifecycle } from './executors/executor-lifecycle.ts'
import { SimulatedExecutors } from './executors/simulated-executors.ts'
import type { OverheadModel } from './machine/overheads.ts'
import type { DispatcherStalls } from './machine/stalls.ts'
import { SimulatedTransfers } from './simulated-transfers.ts'
import type { WorldParts, WorldStreams } from './world-parts.ts'

/**
 * The simulated world: virtual clock, event heap, and executors whose batches take work over speed.
 * Deterministic: it reads no wall clock, and all chance comes from seeded streams.
 */
export class SimulatedWorld implements Timers, TransferBackend {
  now: Ms = 0
  events = 0
  readonly executors: SimulatedExecutors
  readonly #heap = new EventHeap()
  readonly #source: Source
  readonly #requests: Requests
  readonly #dispatcher: DispatcherStalls | null
  readonly #random: WorldStreams
  /** send delay of requests; null where the source's times include it */
  readonly #sendDelay: OverheadModel | null
  readonly #timer: OverheadModel | null
  /** null where nothing is sent over a channel */
  readonly #transfers: SimulatedTransfers | null
  /** whether ends of batches move as others begin and end */
  readonly #sharesCards: boolean
  /** null where every executor runs all the time */
  readonly #lifecycle: ExecutorLifecycle | null
  /** sequence of the armed event of each timer; -1 for none */
  readonly #armed: number[] = []
  readonly #due: DueTimers
  /** when the next request is sent, and its scheduled time; Infinity where none is known */
  #sentAt: Ms = Number.POSITIVE_INFINITY
  #arrivalAt: Ms = Number.POSITIVE_INFINITY
  #control: ControlPlanePort | null = null
  readonly #end: WorldParts['end']
  /** when the next look at the lifecycle is scheduled, ms; Infinity for never */
  #lifecycleAt: Ms = Number.POSITIVE_INFINITY
  /** when a `LOOK` event is scheduled, ms; Infinity for never */
  #lookAt: Ms = Number.POSITIVE_INFINITY
  /** the time of the next request is unknown until the source is refilled */
  #starved = false
  /** last request taken from the source; -1 for none */
  #takenRequest = -1

  constructor(world: WorldParts) {
    this.#source = world.source
    this.#requests = world.requests
    this.#end = world.end
    this.executors = new SimulatedExecutors(world, this.#heap)
    this.#dispatcher = world.machine.dispatcher
    this.#random = world.random
    this.#sendDelay = world.sendDelay
    this.#timer = world.timer
    this.#due = new DueTimers(world.fired ?? null)
    this.#transfers = world.channels ? new SimulatedTransfers(world.channels, this.#heap) : null
    this.#lifecycle = world.lifecycle ?? null
    this.#sharesCards = world.cards != null
  }

  /** Must be called once, before `advance`. */
  attach(control: ControlPlanePort): void {
    this.#control = control
    this.#awaitLifecycle()
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

  transfer(transfer: Transfer): void {
    this.#transfers!.start(this.now, transfer)
  }

  #awaitLifecycle(): void {
    const at = this.#lifecycle?.nextAt ?? Number.POSITIVE_INFINITY
    if (at >= this.#lifecycleAt) return
    this.#lifecycleAt = at
    this.#heap.push(at, LIFECYCLE, 0)
  }

  /** Handles what happens to an executor now, if anything. */
  #changeExecutor(control: ControlPlanePort, lifecycle: ExecutorLifecycle): void {
    this.executors.lookAtHeat()
    if (this.now >= this.#lifecycleAt) this.#lifecycleAt = Number.POSITIVE_INFINITY
    // several looks may have been armed for one event, or it was taken back
    if (lifecycle.nextAt > this.now) {
      this.#awaitLifecycle()
      return
    }
    const event = lifecycle.take()
    if (event?.kind === 'crash') this.executors.lose(event.executor)
    else if (event?.kind === 'condition') this.executors.yieldAtStep(event.executor)
    else if (event?.kind === 'detected') control.onExecutor(this.now, event.executor, 'down')
    else if (event?.kind === 'up' || event?.kind === 'draining') {
      control.onExecutor(this.now, event.executor, event.kind)
    }
    this.#awaitLifecycle()
  }

  /** When the dispatcher has its next event that is known now. */
  readonly #nextDue = (): Ms => Math.min(this.#source.peek(), this.#due.first)

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
      if (this.#sharesCards) this.executors.settle()
      // the next request is not in the heap: there is one at most, and none is so frequent
      if (heap.precedes(this.#sentAt, ARRIVAL)) {
        heap.pop()
        this.now = heap.time
        this.events++
        if (!this.#handle(control, heap)) continue
      } else {
        if (this.#sentAt === Number.POSITIVE_INFINITY) return 'drained'
        heap.time = this.#sentAt
        this.now = this.#sentAt
        this.events++
        if (this.#putsArrivalOff()) continue
        this.#handOver(control)
      }
      if (this.#starved) return 'starved'
      if (this.#source.reactsUntil > 0) this.#lookAgain(control)
    }
    return 'budget'
  }

  /** Handles an event of the heap; false where it is out of date, or was put off. */
  #handle(control: ControlPlanePort, heap: EventHeap): boolean {
    if (this.#dispatcher !== null && this.#putOff(this.#dispatcher)) return false
    if (isOfExecutor(heap.kind)) {
      this.executors.handle(control, this.#nextDue)
    } else if (heap.kind === TIMER) {
      if (this.#armed[heap.slot] !== heap.sequence) return false
      this.disarm(heap.slot)
      control.onTimer(this.now, heap.slot)
    } else if (heap.kind === DELIVERED) {
      this.#transfers!.handle(this.now, heap.sequence, control)
    } else if (heap.kind === LIFECYCLE) {
      this.#changeExecutor(control, this.#lifecycle!)
    } else {
      this.#lookAt = Number.POSITIVE_INFINITY
      if (this.#end.wakeAt > this.now) return false
    }
    return true
  }

  /** Puts the next request off to the end of a stall; false where it is sent now. */
  #putsArrivalOff(): boolean {
    if (this.#dispatcher === null || this.#sendDelay === null) return false
    const at = this.#dispatcher.handOver(this.now)
    if (at <= this.now) return false
    this.#sentAt = at
    return true
  }

  /** Puts the current event off to the end of a stall; false where it is to be handled now. */
  #putOff(dispatcher: DispatcherStalls): boolean {
    const { kind, slot, sequence, time: now } = this.#heap
    if (kind === DELIVERED) {
      return this.#transfers!.putOff(sequence, now, dispatcher.timer(now))
    }
    const ends = kind === TIMER ? this.#armed : this.executors.endsOf(kind)
    const isSeen = kind !== ENDED && kind !== STEP_ENDED && kind !== STEPPED
    if (!isSeen || ends?.[slot] !== sequence) return false
    const at = kind === TIMER ? dispatcher.timer(now) : dispatcher.completion(now)
    if (at > now) ends[slot] = this.#heap.push(at, kind, slot)
    return at > now
  }

  #handOver(control: ControlPlanePort): void {
    const request = this.#requests.acquire()
    const came = this.#source.take(this.#requests, request)
    if (!came) this.#requests.release(request)
    this.#takenRequest = came ? request : -1
    this.#goOn(control)
  }

  /** Handles a taken request, in one order whether or not a trace had to be refilled in between. */
  #goOn(control: ControlPlanePort): void {
    this.#scheduleArrival()
    if (this.#starved) return
    if (this.#takenRequest >= 0) control.onArrival(this.now, this.#takenRequest)
    if (this.#sentAt === Number.POSITIVE_INFINITY) this.#end.look(this.now, control)
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
    this.#sentAt = Number.POSITIVE_INFINITY
    this.#starved = Number.isNaN(at)
    if (this.#starved) return
    this.#sentAt = at
    if (this.#sendDelay === null || at === Number.POSITIVE_INFINITY) return
    // one thread sends all requests: a late one delays those behind it
    const sent = at + this.#sendDelay.sendDelay(this.#random.overheads, at)
    this.#sentAt = Math.max(this.now, sent)
  }
}
