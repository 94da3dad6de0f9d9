import {
  type Backend,
  type Batch,
  type ControlPlanePort,
  type Ms,
  STATUS,
  type Status,
  type StepRun,
  type Timers,
  type Traffic,
  type Transfer,
  type TransferBackend,
  type Transfers,
} from '../../sim/serving/index.ts'
import type { ModelMove } from '../../sim/stats/index.ts'
import type { ExecutorFailures, Impairment } from './executor-failures.ts'
import type { LiveSteps } from './generation/live-steps.ts'
import type { Order } from './mailbox.ts'

/** The live world as a dispatcher needs it: a clock to sleep on, and executors. */
export interface LivePort {
  now(): Ms
  /** Sleeps until `until` or until an executor has finished; may wake earlier. */
  sleep(until: Ms): void
  /** `impairment`: null where the batch is run as it should be. */
  start(batch: Batch, impairment: Impairment | null): void
  /** Loads a model after all unloads on its device. */
  load(executor: number): void
  unload(executor: number): void
  /** An executor whose order has ended and was not reported yet; -1 for none. */
  takeFinished(): number
  /** The order that `takeFinished` has reported last. */
  finished(executor: number): FinishedOrder
  /** Whether an event is being handled, for which executors at the end of a step wait. */
  deciding?(is: boolean): void
}

export interface FinishedOrder {
  readonly order: Exclude<Order, 'control'>
  readonly status: Status
  readonly started: Ms
  readonly ended: Ms
  /** of a batch; NaN or absent where it was not measured */
  readonly processorMs?: Ms
}

/**
 * Drives a control plane on a live clock: the counterpart of the simulated event loop, with the
 * same order of events at one instant (done, timer, delivered, arrival). Its own lateness is part
 * of a measurement.
 */
export class Dispatcher implements Timers, Backend, TransferBackend {
  /** when each timer was due, and when it fired or an earlier event did its work */
  readonly fired: [due: Ms, at: Ms][] = []
  /** loads and unloads, in the order of their ends */
  readonly moves: ModelMove[] = []
  /** by executor, when its load or unload was ordered; a load may be ordered during an unload */
  readonly #asked: Readonly<Record<'load' | 'unload', Ms[]>> = { load: [], unload: [] }
  readonly #port: LivePort
  readonly #traffic: Traffic
  /** null where executors run all the time */
  readonly #failures: ExecutorFailures | null
  /** null where nothing is sent over a channel */
  readonly #transfers: Transfers | null
  /** null where no pool generates */
  readonly #steps: LiveSteps | null
  readonly #forgets: boolean
  readonly #timers: Ms[] = []
  /** of two timers that are due at one instant the one armed first fires first, as simulated */
  readonly #turn: number[] = []
  #arms = 0
  /** `now` of the current event; a run's clock begins below 0, in its lead-in */
  #now: Ms = Number.NEGATIVE_INFINITY
  /** batches, loads and unloads */
  #running = 0

  constructor(
    port: LivePort,
    traffic: Traffic,
    {
      failures = null,
      transfers = null,
      steps = null,
      forgets = false,
    }: {
      failures?: ExecutorFailures | null
      transfers?: Transfers | null
      steps?: LiveSteps | null
      /** whether timers and model moves are dropped, as a run without an end must; default: no */
      forgets?: boolean
    } = {},
  ) {
    this.#port = port
    this.#failures = failures
    this.#transfers = transfers
    this.#steps = steps
    this.#forgets = forgets
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
    if (due <= this.#now && !this.#forgets) this.fired.push([due, this.#now])
    this.#timers[timer] = next
  }

  transfer(transfer: Transfer): void {
    this.#transfers!.start(this.#now, transfer)
  }

  start(batch: Batch): void {
    const failures = this.#failures
    if (failures?.takes(this.#now, batch.executor) === false) return
    this.#running++
    this.#port.start(batch, failures?.impairment(batch.executor) ?? null)
  }

  startSteps(run: StepRun): void {
    const { executor } = run
    const failures = this.#failures
    if (failures?.takes(this.#now, executor) === false) {
      this.#steps!.forget(executor)
      return
    }
    this.#running++
    const factor = failures?.factor(executor) ?? 1
    this.#steps!.start(run, factor)
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

  /**
   * Runs until the traffic, every request and every order has ended; or to a pause at `pauseAt`,
   * when executors are idle and nothing happens before. Requests from then on wait for the next
   * call, even if they are due before the executors are idle.
   */
  run(control: ControlPlanePort, pauseAt: Ms = Number.POSITIVE_INFINITY): void {
    const { source, requests, end } = this.#traffic
    const last = pauseAt === Number.POSITIVE_INFINITY
    for (;;) {
      const next = this.#handle(control, pauseAt)
      const acted = end.look(this.#now, control)
      if (next === null || acted) continue
      const failures = this.#failures
      if (failures !== null && !failures.quiet) {
        this.#port.sleep(Math.min(next, failures.nextAt, end.wakeAt))
        continue
      }
      const ended = source.isOpen !== true && source.peek() === Number.POSITIVE_INFINITY
      const quiet = ended && requests.inUse === 0
      if (this.#running === 0 && (last ? quiet : next >= pauseAt)) return
      this.#port.sleep(Math.min(next, failures?.nextAt ?? next, end.wakeAt))
    }
  }

  /** Handles the first event that is due; returns null, or the time of the next event. */
  #handle(control: ControlPlanePort, pauseAt: Ms): Ms | null {
    this.#port.deciding?.(true)
    try {
      return this.#handleDue(control, pauseAt)
    } finally {
      this.#port.deciding?.(false)
    }
  }

  #handleDue(control: ControlPlanePort, pauseAt: Ms): Ms | null {
    const port = this.#port
    const now = Math.max(this.#now, port.now())
    this.#now = now
    if (this.#failures?.handle(now, control) === true) return null
    const executor = port.takeFinished()
    if (executor >= 0) {
      // it may have ended since the clock was read, and executors have clocks of their own
      const finished = port.finished(executor)
      this.#now = Math.max(now, finished.ended)
      this.#finished(executor, finished, control)
      return null
    }
    const timer = this.#earliest()
    const timerAt = timer < 0 ? Number.POSITIVE_INFINITY : this.#timers[timer]!
    if (timerAt <= now) {
      this.#settle(timer, Number.POSITIVE_INFINITY)
      control.onTimer(now, timer)
      return null
    }
    const delivered = this.#transfers?.take(now) ?? -1
    if (delivered >= 0) {
      control.onDelivered(now, delivered)
      return null
    }
    const { source, requests } = this.#traffic
    const next = Math.min(timerAt, this.#transfers?.nextAt ?? timerAt)
    const arrival = source.peek()
    if (arrival >= pauseAt) return next
    if (arrival > now) return Math.min(arrival, next)
    const request = requests.acquire()
    if (source.take(requests, request)) control.onArrival(now, request)
    else requests.release(request)
    return null
  }

  #finished(executor: number, finished: FinishedOrder, control: ControlPlanePort): void {
    const now = this.#now
    const { order, status, started, ended } = finished
    if (order === 'restart') {
      this.#failures!.restarted(now, executor, control)
      return
    }
    this.#running--
    if (order === 'run') {
      const ends = this.#failures?.batchEnded(now, executor, status, control) ?? status
      control.onDone(now, executor, started, ended, ends)
      return
    }
    if (order === 'steps') {
      this.#stepped(executor, finished, control)
      return
    }
    // a process that died has been started again, and has completed the load or unload
    const ok = status !== STATUS.outOfMemory
    const asked = this.#asked[order][executor]!
    if (!this.#forgets)
      this.moves.push({ executor, kind: order, asked, started, ended, done: now, ok })
    // for a control plane an unload ends at once
    if (order === 'load') control.onLoaded(now, executor, ok)
  }

  #stepped(executor: number, finished: FinishedOrder, control: ControlPlanePort): void {
    const now = this.#now
    const { status, started, ended } = finished
    const failures = this.#failures
    const ends = failures?.batchEnded(now, executor, status, control) ?? status
    // the cache of an executor that was killed is lost, also where its run was complete
    if (ends === STATUS.ok && failures?.isLost(executor) !== true) {
      const { steps, firstMs, lastMs } = this.#steps!.ended(executor, now, started)
      control.onSteps(now, executor, steps, firstMs, lastMs)
      return
    }
    this.#steps!.forget(executor)
    control.onDone(now, executor, started, ended, STATUS.died)
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
