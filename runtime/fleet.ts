import { setTimeout } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { EXIT, Failure } from '../scenarios/index.ts'
import { Batcher, comesAndGoes, executorsOf, type ServingPlan } from '../sim/serving/index.ts'
import { type ModelMove, Rows } from '../sim/stats/index.ts'
import { RequestList } from '../sim/traffic/index.ts'
import { type Affinity, affinityOf } from './affinity.ts'
import type {
  DispatcherJob,
  DispatcherReply,
  DispatcherStart,
  Reacting,
  Traffic,
} from './dispatcher-thread.ts'
import type { EngineOptions } from './engine.ts'
import type { ExecutorMessage, ExecutorStart } from './executor-thread.ts'
import { Mailbox, type MailboxMemory, mailboxMemory } from './mailbox.ts'
import type { ScriptItem, ScriptRow } from './script.ts'
import type { Shortage } from './shortages.ts'
import { nextMessage, startThread } from './thread.ts'

/** What a replay brings back. */
export interface Replayed {
  readonly rows: Rows
  /** when each timer was due, and when it fired */
  readonly timers: readonly (readonly [number, number])[]
  readonly journal: Float64Array
  readonly shortages: readonly Shortage[]
  /** models that came and went */
  readonly moves: readonly ModelMove[]
}

/** What batches that ran one by one bring back. */
export interface Scripted {
  readonly rows: readonly ScriptRow[]
  readonly shortages: readonly Shortage[]
}

/** Progress of a long job: done so far, of all. */
export type Progress = (done: number, of: number) => void

/** A batch that takes longer is not waited for when a replay is stopped. */
const LAST_BATCH_MS = 10_000
const PROGRESS_EVERY_MS = 200

/**
 * The running executors of a scenario and the dispatcher that drives them. Models stay open between
 * replays, so that two replays differ by the machine's mood and by nothing else.
 */
export class Fleet {
  readonly #dispatcher: Worker
  readonly #executors: readonly Worker[]
  readonly #mailboxes: readonly MailboxMemory[]
  readonly #abort: Int32Array
  readonly #progress: Int32Array
  /** set when the fleet has closed and an interruption no longer concerns it */
  readonly #closed: AbortController
  /** a job has failed or was interrupted */
  #broken = false
  /** garbage collections in executors, once stopped */
  gc = { count: 0, ms: 0 }
  /** whether parts of a model run on the cpu in place of the provider asked for, per pool */
  readonly fellBack: readonly boolean[]
  /** whether every thread has cores of its own */
  readonly pinned: boolean

  private constructor(parts: {
    dispatcher: Worker
    executors: readonly Worker[]
    mailboxes: readonly MailboxMemory[]
    abort: Int32Array
    progress: Int32Array
    fellBack: readonly boolean[]
    pinned: boolean
    closed: AbortController
  }) {
    this.#dispatcher = parts.dispatcher
    this.#executors = parts.executors
    this.#mailboxes = parts.mailboxes
    this.#abort = parts.abort
    this.#progress = parts.progress
    this.fellBack = parts.fellBack
    this.pinned = parts.pinned
    this.#closed = parts.closed
  }

  /**
   * Opens every pool's model in all its replicas, one after another; those that come and go close
   * again. `engines`: one per pool. Once `signal` is set, whatever goes on ends with `Failure`
   * (exit code 130).
   */
  static async open(
    plan: ServingPlan,
    engines: readonly EngineOptions[],
    signal: AbortSignal,
  ): Promise<Fleet> {
    const ends = new SharedArrayBuffer(4)
    const abort = new SharedArrayBuffer(4)
    const progress = new SharedArrayBuffer(4)
    const executors: Worker[] = []
    const fellBack: boolean[] = plan.pools.map(() => false)
    const epochNs = process.hrtime.bigint()
    const affinity = affinityFor(plan, engines)
    const closed = new AbortController()
    const interrupted = interruption(signal, closed.signal)
    const mailboxes = executorsOf(plan).map(({ pool }) =>
      mailboxMemory(new Batcher(plan.pools[pool]!.batching).maxBatch, ends),
    )
    // before arenas grow: they leave no memory for another thread where it is short
    const dispatcher = startThread('dispatcher-thread', {
      mailboxes,
      signal: ends,
      abort,
      progress,
      epochNs,
      cores: affinity?.dispatcher ?? null,
    } satisfies DispatcherStart)
    try {
      for (const [i, { pool }] of executorsOf(plan).entries()) {
        const thread = startThread('executor-thread', {
          epochNs,
          memory: mailboxes[i]!,
          engine: engines[pool]!,
          absent: comesAndGoes(plan, pool),
          cores: affinity?.executors[i] ?? null,
        } satisfies ExecutorStart)
        executors.push(thread)
        const message = await Promise.race([nextMessage<ExecutorMessage>(thread), interrupted])
        if (message.kind === 'failed') throw new Failure(message.problems, message.exitCode)
        if (message.kind === 'ready' && message.fellBack) fellBack[pool] = true
      }
    } catch (error) {
      closed.abort()
      await Promise.all([dispatcher, ...executors].map((thread) => thread.terminate()))
      throw error
    }
    const fleet = new Fleet({
      dispatcher,
      executors,
      mailboxes,
      abort: new Int32Array(abort),
      progress: new Int32Array(progress),
      fellBack,
      pinned: affinity !== null,
      closed,
    })
    interrupted.catch(() => fleet.#interrupt())
    return fleet
  }

  /** Replays traffic; the rows come back by the requests' keys. */
  async replay(
    plan: ServingPlan,
    given: RequestList | Reacting,
    options: { journal?: boolean; onProgress?: Progress } = {},
  ): Promise<Replayed> {
    const traffic: Traffic =
      given instanceof RequestList ? { kind: 'list', requests: given.columns } : given
    const job = { kind: 'replay', plan, traffic, journal: options.journal ?? false } as const
    // who reacts sends an unknown number of requests in a known time, ms
    const of =
      traffic.kind === 'list' ? traffic.requests.at.length : 1000 * traffic.scenario.duration_s
    const reply = await this.#perform(job, of, options.onProgress)
    if (reply.kind !== 'replayed') throw new Error('Expected the replay to have been performed')
    return { ...reply, rows: Rows.of(reply.rows) }
  }

  /** Runs batches one by one, as a calibration asks for them. */
  async script(items: readonly ScriptItem[], onProgress?: Progress): Promise<Scripted> {
    const reply = await this.#perform({ kind: 'script', items }, items.length, onProgress)
    if (reply.kind !== 'scripted') throw new Error('Expected the script to have been performed')
    return reply
  }

  /**
   * How long loads of the model of executor 0 take, ms, which comes and goes; null where memory ran
   * out.
   */
  async loads(plan: ServingPlan, durationMs: number): Promise<readonly number[] | null> {
    const reply = await this.#perform({ kind: 'loads', plan, durationMs }, 1, undefined)
    if (reply.kind !== 'loaded') throw new Error('Expected loads to have been timed')
    return reply.times
  }

  #interrupt(): void {
    Atomics.store(this.#abort, 0, 1)
  }

  async close(): Promise<void> {
    this.#closed.abort()
    if (this.#broken) {
      // a thread that is ended in the middle of a batch takes the process with it
      await this.#lastBatches()
      await Promise.all([this.#dispatcher, ...this.#executors].map((thread) => thread.terminate()))
      return
    }
    // listen before any is told to stop: what nobody listens to is lost
    const stopped = this.#executors.map((thread) => nextMessage<ExecutorMessage>(thread))
    for (const memory of this.#mailboxes) new Mailbox(memory).stop()
    this.#dispatcher.postMessage('stop')
    for (const message of await Promise.all(stopped)) {
      if (message.kind === 'stopped') {
        this.gc = { count: this.gc.count + message.gcCount, ms: this.gc.ms + message.gcMs }
      }
    }
    await Promise.all(this.#executors.map((thread) => thread.terminate()))
    await this.#dispatcher.terminate()
  }

  /** Waits until executors that still live have ended what they are at, but not for ever. */
  async #lastBatches(): Promise<void> {
    const alive = this.#executors.filter(({ threadId }) => threadId !== -1)
    const stopped = Promise.allSettled(alive.map((thread) => nextMessage<ExecutorMessage>(thread)))
    for (const memory of this.#mailboxes) new Mailbox(memory).stop()
    const limit = new AbortController()
    const late = setTimeout(LAST_BATCH_MS, undefined, { signal: limit.signal }).catch(() => {})
    await Promise.race([stopped, late])
    limit.abort()
  }

  async #perform(
    job: DispatcherJob,
    of: number,
    onProgress: Progress | undefined,
  ): Promise<DispatcherReply> {
    Atomics.store(this.#progress, 0, 0)
    const timer = setInterval(
      () => onProgress?.(Atomics.load(this.#progress, 0), of),
      PROGRESS_EVERY_MS,
    )
    const watch = new AbortController()
    // while they serve they say nothing else
    const failed = this.#executors.map(async (thread) => {
      const message = await nextMessage<ExecutorMessage>(thread, watch.signal)
      if (message.kind !== 'failed') throw new Error(`Expected a failure, got ${message.kind}`)
      throw new Failure(message.problems, message.exitCode)
    })
    try {
      this.#dispatcher.postMessage(job)
      const reply = await Promise.race([nextMessage<DispatcherReply>(this.#dispatcher), ...failed])
      if (reply.kind === 'interrupted') throw new Failure('interrupted', EXIT.interrupted)
      onProgress?.(of, of)
      return reply
    } catch (error) {
      this.#broken = true
      this.#interrupt()
      throw error
    } finally {
      clearInterval(timer)
      watch.abort()
    }
  }
}

/** Null where executors are processes: those have threads of their own that must not be crowded. */
function affinityFor(plan: ServingPlan, engines: readonly EngineOptions[]): Affinity | null {
  const sessions = executorsOf(plan).map(({ pool }) => engines[pool]!.session)
  if (sessions.some(({ executionProvider }) => executionProvider !== 'cpu')) return null
  return affinityOf(sessions.map(({ threads }) => threads))
}

/** Rejects with `Failure` once the signal is set; looks no more once `until` is. */
function interruption(signal: AbortSignal, until: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const interrupt = () => reject(new Failure('interrupted', EXIT.interrupted))
    if (signal.aborted) interrupt()
    else signal.addEventListener('abort', interrupt, { once: true, signal: until })
  })
}
