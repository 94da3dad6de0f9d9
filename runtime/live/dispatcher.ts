import {
  type Backend,
  type Batch,
  type ControlPlanePort,
  type Ms,
  STATUS,
  type Status,
  type Timers,
  type Traffic,
} from '../../sim/serving/index.ts'
import type { ModelMove } from '../../sim/stats/index.ts'
import type { Order } from './mailbox.ts'

/** The live world as a dispatcher needs it: a clock to sleep on, and executors. */
export interface LivePort {
  now(): Ms
  /** Sleeps until `until` or until an executor has finished; may wake earlier. */
  sleep(until: Ms): void
  start(batch: Batch): void
  /** A model comes, once those are gone that make room for it. */
  load(executor: number): void
  unload(executor: number): void
  /** An executor whose order has ended and was not reported yet; -1 for none. */
  takeFinished(): number
  /** of the order that has ended, as the next three */
  order(executor: number): Order
  started(executor: number): Ms
  ended(executor: number): Ms
  status(executor: number): Status
}

/**
 * Drives a control plane on a live clock: the counterpart of the simulated world's event loop,
 * with the same order of events at one instant (done, timer, arrival). Its own lateness is part
 * of what it measures: requests are handed over when the loop gets to them.
 */
export class Dispatcher implements Timers, Backend {
  /**
   * when each timer was due, and when it fired; or, where it was overdue when a completion or an
   * arrival did its work, when that was
   */
  readonly fired: [due: Ms, at: Ms][] = []
  /** models that came and went, as they were done with */
  readonly moves: ModelMove[] = []
  /** by executor, when its load or unload was ordered; a load may be ordered during an unload */
  readonly #asked: Readonly<Record<'load' | 'unload', Ms[]>> = { load: [], unload: [] }
  readonly #port: LivePort
  readonly #traffic: Traffic
  readonly #timers: Ms[] = []
  /** of two that are due at one instant the one goes first that was armed first, as simulated */
  readonly #turn: number[] = []
  #arms = 0
  /** the `now` of the event that is handled; a run's clock begins below 0, in its lead-in */
  #now: Ms = Number.NEGATIVE_INFINITY
  /** batches, and models on their way */
  #running = 0

  constructor(port: LivePort, traffic: Traffic) {
    this.#port = port
    this.#traffic = traffic
  }

  arm(timer: number, at: Ms): void {
    while (this.#timers.length <= timer) this.#timers.push(Number.POSITIVE_INFINITY)
    this.#settle(timer, at)
    this.#turn[timer] = this.#arms++
  }

  disarm(timer: number): void {
    if (timer < this.#timers.length) this.#settle(timer, Number.POSITIVE_INFINITY)
  }

  #settle(timer: number, next: Ms): void {
    const due = this.#timers[timer]!
    if (due <= this.#now) this.fired.push([due, this.#now])
    this.#timers[timer] = next
  }

  start(batch: Batch): void {
    this.#running++
    this.#port.start(batch)
  }

  load(executor: number): void {
    this.#running++
    this.#asked.load[executor] = this.#now
    this.#port.load(executor)
  }

  unload(executor: number): void {
    this.#running++
    this.#asked.unload[executor] = this.#now
    this.#port.unload(executor)
  }

  /** A control plane takes it that an unload is over at once. */
  #moved(now: Ms, executor: number, kind: 'load' | 'unload', control: ControlPlanePort): void {
    const port = this.#port
    // a process that died has been started again, with its model come or gone
    const ok = port.status(executor) !== STATUS.outOfMemory
    const [asked, started] = [this.#asked[kind][executor]!, port.started(executor)]
    this.moves.push({ executor, kind, asked, started, ended: port.ended(executor), done: now, ok })
    if (kind === 'load') control.onLoaded(now, executor, ok)
  }

  /** Runs until nothing comes any more and every request and every order has ended. */
  run(control: ControlPlanePort): void {
    const { source, requests, end } = this.#traffic
    for (;;) {
      const next = this.#handle(control)
      const told = end.look(this.#now, control)
      if (next === null || told) continue
      const quiet = source.peek() === Number.POSITIVE_INFINITY
      if (quiet && requests.inUse === 0 && this.#running === 0) return
      this.#port.sleep(Math.min(next, end.wakeAt))
    }
  }

  /** Handles what is due first; null, or where nothing is due, when something will be. */
  #handle(control: ControlPlanePort): Ms | null {
    const port = this.#port
    let now = Math.max(this.#now, port.now())
    this.#now = now
    const executor = port.takeFinished()
    if (executor >= 0) {
      // it may have ended since the clock was read, and executors have clocks of their own
      now = Math.max(now, port.ended(executor))
      this.#now = now
      this.#finished(executor, control)
      return null
    }
    const timer = this.#earliest()
    const timerAt = timer < 0 ? Number.POSITIVE_INFINITY : this.#timers[timer]!
    if (timerAt <= now) {
      this.#settle(timer, Number.POSITIVE_INFINITY)
      control.onTimer(now, timer)
      return null
    }
    const { source, requests } = this.#traffic
    const arrival = source.peek()
    if (arrival > now) return Math.min(arrival, timerAt)
    const request = requests.acquire()
    if (source.take(requests, request)) control.onArrival(now, request)
    else requests.release(request)
    return null
  }

  #finished(executor: number, control: ControlPlanePort): void {
    const [now, port] = [this.#now, this.#port]
    this.#running--
    const order = port.order(executor)
    if (order !== 'run') {
      this.#moved(now, executor, order, control)
      return
    }
    const [started, ended] = [port.started(executor), port.ended(executor)]
    control.onDone(now, executor, started, ended, port.status(executor))
  }

  #earliest(): number {
    let best = -1
    let bestAt = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#timers.length; i++) {
      const at = this.#timers[i]!
      if (at < bestAt || (at === bestAt && this.#turn[i]! < this.#turn[best]!)) {
        best = i
        bestAt = at
      }
    }
    return best
  }
}
