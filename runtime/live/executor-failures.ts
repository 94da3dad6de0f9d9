import type { Random } from '../../sim/kernel/index.ts'
import { type ControlPlanePort, type Ms, STATUS, type Status } from '../../sim/serving/index.ts'
import type { ExecutorEvent } from '../../sim/world/index.ts'

/** Ends the process of an executor, and starts another one. */
export interface ExecutorProcesses {
  kill(executor: number): void
  /** ends as the order `restart` */
  restart(executor: number): void
  /** The run of steps under way, if any, ends with the step under way. */
  yieldAtStep(executor: number): void
}

type Condition = Extract<ExecutorEvent, { kind: 'condition' }>

interface FailuresOptions {
  /** draws which batches end with errors */
  readonly random: Random
  /** by executor: whether the control plane learns of a loss at the restart, at the latest */
  readonly registers: readonly boolean[]
}

/** How an executor runs a batch otherwise than it would. */
export interface Impairment {
  /** times as long */
  readonly factor: number
  /** it computes nothing, and ends after this time, ms; null: it computes */
  readonly afterMs: Ms | null
}

/** Time after which a batch fails that is sent to a dead executor, as simulated, ms. */
const REFUSED_AFTER_MS = 1

/**
 * Kills executors of a replay at the times of a schedule and starts them again, makes them slow,
 * and makes their batches fail. An executor is up again when the schedule says so and its new
 * process has opened the model, whichever is later.
 */
export class ExecutorFailures {
  readonly #processes: ExecutorProcesses
  readonly #events: readonly ExecutorEvent[]
  readonly #random: Random
  readonly #registers: readonly boolean[]
  #next = 0
  /** by executor: how it is now; absent where it is as it should be */
  readonly #conditions = new Map<number, Condition>()
  /** executors with a batch that ends with errors */
  readonly #failing = new Set<number>()
  /** executors with a batch */
  readonly #busy = new Set<number>()
  /** executors that were lost, and are not up again */
  readonly #dead = new Set<number>()
  /** those of them that the control plane knows of */
  readonly #known = new Set<number>()
  readonly #restarting = new Set<number>()
  /** dead executors that are to be up as soon as their process is */
  readonly #due = new Set<number>()
  /** batches sent to dead executors, in order of time */
  readonly #refused: { readonly executor: number; readonly at: Ms }[] = []

  constructor(
    processes: ExecutorProcesses,
    events: readonly ExecutorEvent[],
    { random, registers }: FailuresOptions,
  ) {
    this.#processes = processes
    this.#events = events
    this.#random = random
    this.#registers = registers
  }

  /** Time of the next event or refusal; Infinity for none. */
  get nextAt(): Ms {
    return Math.min(this.#eventAt, this.#refused[0]?.at ?? Number.POSITIVE_INFINITY)
  }

  /** Whether no process starts and no refused batch is under way. */
  get quiet(): boolean {
    return this.#restarting.size === 0 && this.#refused.length === 0
  }

  get #eventAt(): Ms {
    return this.#events[this.#next]?.at ?? Number.POSITIVE_INFINITY
  }

  /** A batch is sent to an executor; false where it is dead, and refuses the batch. */
  takes(now: Ms, executor: number): boolean {
    if (this.#dead.has(executor)) {
      this.#refused.push({ executor, at: now + REFUSED_AFTER_MS })
      return false
    }
    this.#busy.add(executor)
    return true
  }

  /** How the executor runs the batch that it takes; null for as it should. */
  impairment(executor: number): Impairment | null {
    const condition = this.#conditions.get(executor)
    if (condition === undefined) return null
    const { factor, share, afterMs } = condition
    const fails = share > 0 && this.#random.uniform() < share
    if (fails) this.#failing.add(executor)
    return { factor, afterMs: fails ? (afterMs ?? null) : null }
  }

  /** How many times as long the steps take that the executor begins now. */
  factor(executor: number): number {
    return this.#conditions.get(executor)?.factor ?? 1
  }

  /** Whether it was lost, and is not up again. */
  isLost(executor: number): boolean {
    return this.#dead.has(executor)
  }

  /** Handles the first event or refusal that is due; false where none is. */
  handle(now: Ms, control: ControlPlanePort): boolean {
    const refused = this.#refused[0]
    if (refused !== undefined && refused.at <= now && refused.at <= this.#eventAt) {
      this.#refused.shift()
      const { executor, at } = refused
      control.onDone(now, executor, at - REFUSED_AFTER_MS, at, STATUS.died)
      return true
    }
    if (this.#eventAt > now) return false
    const event = this.#events[this.#next++]!
    const { executor, kind } = event
    if (kind === 'condition') {
      if (event.factor === 1 && event.share === 0) this.#conditions.delete(executor)
      else this.#conditions.set(executor, event)
      // steps from the next one on are as the executor is now
      this.#processes.yieldAtStep(executor)
    } else if (kind === 'crash') this.#kill(executor)
    else if (kind === 'detected') this.#find(now, executor, control)
    else if (kind === 'up') {
      this.#due.add(executor)
      this.#riseIfReady(now, executor, control)
    }
    return true
  }

  /**
   * A batch has ended; where it died by itself, its executor is lost now. Returns its status, which
   * is `died` where it ends with errors.
   */
  batchEnded(now: Ms, executor: number, status: Status, control: ControlPlanePort): Status {
    this.#busy.delete(executor)
    const fails = this.#failing.delete(executor)
    this.#lost(now, executor, status, control)
    return fails ? STATUS.died : status
  }

  #lost(now: Ms, executor: number, status: Status, control: ControlPlanePort): void {
    // a process can complete its batch and be killed before that is known
    const killed = this.#dead.has(executor)
    if (!killed && status !== STATUS.died) return
    if (!killed) {
      this.#dead.add(executor)
      this.#due.add(executor)
      this.#find(now, executor, control)
    }
    this.#restart(executor)
  }

  /** The control plane learns of a loss. */
  #find(now: Ms, executor: number, control: ControlPlanePort): void {
    this.#known.add(executor)
    control.onExecutor(now, executor, 'down')
  }

  restarted(now: Ms, executor: number, control: ControlPlanePort): void {
    this.#restarting.delete(executor)
    this.#riseIfReady(now, executor, control)
  }

  #kill(executor: number): void {
    // one that died by itself has no process now
    if (this.#dead.has(executor)) {
      this.#due.delete(executor)
      return
    }
    this.#dead.add(executor)
    this.#processes.kill(executor)
    if (!this.#busy.has(executor)) this.#restart(executor)
  }

  #restart(executor: number): void {
    if (this.#restarting.has(executor)) return
    this.#restarting.add(executor)
    this.#processes.restart(executor)
  }

  #riseIfReady(now: Ms, executor: number, control: ControlPlanePort): void {
    if (!this.#due.has(executor) || this.#restarting.has(executor)) return
    // the end of its last batch is still to be reported
    if (this.#busy.has(executor) && this.#dead.has(executor)) return
    if (this.#registers[executor] === true && !this.#known.has(executor)) {
      this.#find(now, executor, control)
    }
    this.#due.delete(executor)
    this.#dead.delete(executor)
    this.#known.delete(executor)
    control.onExecutor(now, executor, 'up')
  }
}
