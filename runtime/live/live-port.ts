import { type Batch, type Ms, type Requests, STATUS } from '../../sim/serving/index.ts'
import { endGroup } from '../process/child.ts'
import type { WallClock } from './clock.ts'
import type { FinishedOrder, LivePort } from './dispatcher.ts'
import type { ExecutorProcesses, Impairment } from './executor-failures.ts'
import type { StepPort } from './generation/live-steps.ts'
import type { StepOrder } from './generation/sequence-runner.ts'
import type { StepMemory } from './generation/step-memory.ts'
import { type Mailbox, postBatch } from './mailbox.ts'
import { ModelLoadSequencer } from './model-load-sequencer.ts'
import { Shortages } from './shortages.ts'

/** Timers of the operating system are late by tenths of a ms, so the end of a wait spins. */
export const SPIN_MS = 0.2

interface LiveWorld {
  readonly clock: WallClock
  /** times count from here on the clock */
  readonly origin: Ms
  readonly mailboxes: readonly Mailbox[]
  readonly signal: SharedArrayBuffer
  /** by executor; -1 for none */
  readonly deviceOf: Int32Array
  readonly requests: Requests
}

/** Executors behind mailboxes, on the wall clock. */
export class MailboxPort implements LivePort, StepPort, ExecutorProcesses {
  readonly shortages = new Shortages()
  /** by executor, how often its process has ended in the middle of an order */
  readonly deaths: number[]
  /** of batches that servers did not answer as they should, how many of each kind */
  readonly problems: Record<string, number> = {}
  /** executors that were killed, until they are started again: their deaths do not count */
  readonly #killed = new Set<number>()
  readonly #world: LiveWorld
  readonly #signal: Int32Array
  readonly #loads: ModelLoadSequencer
  /** of executors that generate */
  readonly #steps: readonly StepMemory[]
  /** by executor, the last order that was taken */
  readonly #finished: FinishedOrder[] = []
  /** by connection to a server that generates, its request */
  readonly #called: number[] = []
  /** value of the signal at the last scan of the mailboxes */
  #lastSignal: number
  #next: number
  #origin: Ms

  constructor(world: LiveWorld) {
    this.#world = world
    this.#signal = new Int32Array(world.signal)
    this.deaths = world.mailboxes.map(() => 0)
    this.#loads = new ModelLoadSequencer(world.mailboxes, world.deviceOf)
    this.#next = world.mailboxes.length
    this.#steps = world.mailboxes.flatMap(({ steps }) => steps ?? [])
    this.#lastSignal = Atomics.load(this.#signal, 0)
    this.#origin = world.origin
  }

  now(): Ms {
    return this.#world.clock.now() - this.#origin
  }

  /** The time at a reading of the clock. */
  timeOf(reading: Ms): Ms {
    return reading - this.#origin
  }

  /** Sets the time to `now`, from which it goes on. No executor may have an order. */
  setNow(now: Ms): void {
    this.#origin = this.#world.clock.now() - now
  }

  /** Times the control kernel on every executor, one after the other. None may have an order. */
  timeControl(): Ms[] {
    return this.#world.mailboxes.map((mailbox) => {
      mailbox.postOrder('control')
      while (!mailbox.takeFinished()) {
        this.sleep(Number.POSITIVE_INFINITY)
        this.#lastSignal = Atomics.load(this.#signal, 0)
      }
      return mailbox.ended - mailbox.started
    })
  }

  sleep(until: Ms): void {
    const left = until - this.now()
    if (left > SPIN_MS) {
      // waits on the value last seen: a value loaded here would miss an order that ended in between
      Atomics.wait(this.#signal, 0, this.#lastSignal, left - SPIN_MS)
      return
    }
    while (Atomics.load(this.#signal, 0) === this.#lastSignal && this.now() < until);
  }

  start(batch: Batch, impairment: Impairment | null): void {
    const mailbox = this.#world.mailboxes[batch.executor]!
    mailbox.impair(impairment)
    if (mailbox.call !== null) {
      const request = batch.members[0]!
      mailbox.call.write(request, this.#world.requests)
      this.#called[batch.executor] = request
    }
    postBatch(mailbox, batch, this.#world.requests)
  }

  deciding(is: boolean): void {
    for (const memory of this.#steps) memory.deciding = is
  }

  startSteps(executor: number, order: StepOrder): void {
    const mailbox = this.#world.mailboxes[executor]!
    mailbox.steps!.write(order)
    mailbox.postOrder('steps')
  }

  yieldAtStep(executor: number): void {
    this.#world.mailboxes[executor]!.steps?.yieldAtStep()
  }

  stepped(executor: number): ReturnType<StepPort['stepped']> {
    const { run, counts } = this.#world.mailboxes[executor]!.steps!
    return { run: { ...run, ends: run.ends.map((end) => end - this.#origin) }, counts }
  }

  load(executor: number): void {
    this.#loads.load(executor)
  }

  unload(executor: number): void {
    this.#loads.unload(executor)
  }

  /** Unloads every swappable model, as at the start; returns once all are unloaded. */
  clear(): void {
    const { present } = this.#loads
    for (const executor of present) this.#loads.unload(executor)
    for (let left = present.length; left > 0; ) {
      if (this.takeFinished() >= 0) left--
      else this.sleep(Number.POSITIVE_INFINITY)
    }
  }

  kill(executor: number): void {
    const { pid } = this.#world.mailboxes[executor]!
    if (pid === 0) throw new Error(`Expected executor ${executor} to have a process of its own`)
    this.#killed.add(executor)
    endGroup(pid)
    this.#world.mailboxes[executor]!.interrupt()
  }

  restart(executor: number): void {
    this.#killed.delete(executor)
    this.#world.mailboxes[executor]!.postOrder('restart')
  }

  takeFinished(): number {
    for (;;) {
      while (this.#next < this.#world.mailboxes.length) {
        const executor = this.#next++
        const mailbox = this.#world.mailboxes[executor]!
        if (!mailbox.takeFinished()) continue
        this.#note(executor, mailbox)
        return executor
      }
      const signal = Atomics.load(this.#signal, 0)
      if (signal === this.#lastSignal) return -1
      this.#lastSignal = signal
      this.#next = 0
    }
  }

  /** Copies the result of an order: the mailbox may receive the next order at once. */
  #note(executor: number, mailbox: Mailbox): void {
    const { order, status, size, length, started, ended, processorMs, problem } = mailbox
    if (order === 'control') throw new Error('Expected no control kernel among the orders of a run')
    const origin = this.#origin
    this.#finished[executor] = {
      ...{ order, status, processorMs },
      started: started - origin,
      ended: ended - origin,
    }
    if (mailbox.call !== null && order === 'run') {
      const { firstToken, uncounted } = mailbox.call.answered
      const { requests } = this.#world
      requests.firstToken[this.#called[executor]!] = firstToken - origin
      requests.uncounted[this.#called[executor]!] = uncounted ? 1 : 0
    }
    if (status === STATUS.died && !this.#killed.has(executor)) this.deaths[executor]!++
    if (problem !== null) this.problems[problem] = (this.problems[problem] ?? 0) + 1
    if (order === 'load') this.#loads.loaded(executor, status !== STATUS.outOfMemory)
    else if (order === 'unload') this.#loads.unloaded(executor)
    else if (status === STATUS.outOfMemory) this.shortages.note(executor, size, length)
  }

  finished(executor: number): FinishedOrder {
    return this.#finished[executor]!
  }
}
