import type { Worker } from 'node:worker_threads'
import { Batcher, comesAndGoes, executorsOf, type ServingPlan } from '../../sim/serving/index.ts'
import { executionProviders } from '../models/index.ts'
import { entryBeside } from '../process/child.ts'
import { type FailureMessage, failureOf, isFailure } from '../process/failure-message.ts'
import { nextMessage, startThread } from '../process/thread.ts'
import { type Affinity, affinityOf } from './affinity.ts'
import type { DispatcherJob, DispatcherReply, DispatcherStart } from './dispatcher-thread.ts'
import type { EngineOptions } from './engine.ts'
import type { ExecutorMessage, ExecutorStart } from './executor-thread.ts'
import { Mailbox, type MailboxMemory, mailboxMemory } from './mailbox.ts'

/** Garbage collections in the threads of executors. */
export interface Collections {
  readonly count: number
  readonly ms: number
}

const PROGRESS_EVERY_MS = 200

/**
 * The dispatcher and the executors of a fleet, each a thread, in the process that they live and end
 * with. Models stay open between replays, so that two replays differ by the machine's mood alone.
 */
export class FleetThreads {
  readonly #dispatcher: Worker
  readonly #executors: readonly Worker[]
  readonly #mailboxes: readonly MailboxMemory[]
  readonly #progress: Int32Array
  /** whether parts of a model run on the cpu in place of the provider asked for, per pool */
  readonly fellBack: readonly boolean[]
  /** whether every thread has cores of its own */
  readonly pinned: boolean

  private constructor(parts: {
    dispatcher: Worker
    executors: readonly Worker[]
    mailboxes: readonly MailboxMemory[]
    progress: Int32Array
    fellBack: readonly boolean[]
    pinned: boolean
  }) {
    this.#dispatcher = parts.dispatcher
    this.#executors = parts.executors
    this.#mailboxes = parts.mailboxes
    this.#progress = parts.progress
    this.fellBack = parts.fellBack
    this.pinned = parts.pinned
  }

  /**
   * Opens every pool's model in all its replicas, one after another; those that come and go close
   * again. `engines`: one per pool.
   */
  static async open(plan: ServingPlan, engines: readonly EngineOptions[]): Promise<FleetThreads> {
    const ends = new SharedArrayBuffer(4)
    const progress = new SharedArrayBuffer(4)
    const executors: Worker[] = []
    const fellBack: boolean[] = plan.pools.map(() => false)
    const epochNs = process.hrtime.bigint()
    const affinity = affinityFor(plan, engines)
    const mailboxes = executorsOf(plan).map(({ pool }) =>
      mailboxMemory(new Batcher(plan.pools[pool]!.batching).maxBatch, ends),
    )
    // before arenas grow: they leave no memory for another thread where it is short
    const dispatcher = startThread(entryBeside(import.meta.url, 'dispatcher-thread'), {
      mailboxes,
      signal: ends,
      progress,
      epochNs,
      cores: affinity?.dispatcher ?? null,
    } satisfies DispatcherStart)
    for (const [i, { pool }] of executorsOf(plan).entries()) {
      const thread = startThread(entryBeside(import.meta.url, 'executor-thread'), {
        epochNs,
        memory: mailboxes[i]!,
        engine: engines[pool]!,
        absent: comesAndGoes(plan, pool),
        cores: affinity?.executors[i] ?? null,
      } satisfies ExecutorStart)
      executors.push(thread)
      const message = await said<ExecutorMessage>(thread)
      if (message.kind === 'ready' && message.fellBack) fellBack[pool] = true
    }
    return new FleetThreads({
      dispatcher,
      executors,
      mailboxes,
      progress: new Int32Array(progress),
      fellBack,
      pinned: affinity !== null,
    })
  }

  /** Has the dispatcher do a job. `onProgress`: of the job, counted as the job counts. */
  async perform(job: DispatcherJob, onProgress: (done: number) => void): Promise<DispatcherReply> {
    Atomics.store(this.#progress, 0, 0)
    const timer = setInterval(() => onProgress(Atomics.load(this.#progress, 0)), PROGRESS_EVERY_MS)
    const watch = new AbortController()
    // while they serve they say nothing but that they have failed
    const failed = this.#executors.map(async (thread) => {
      const message = await said<ExecutorMessage>(thread, watch.signal)
      throw new Error(`Expected a failure, got ${message.kind}`)
    })
    try {
      this.#dispatcher.postMessage(job)
      return await Promise.race([said<DispatcherReply>(this.#dispatcher), ...failed])
    } finally {
      clearInterval(timer)
      watch.abort()
    }
  }

  /** Executors serve no more; how much garbage they have collected. */
  async stop(): Promise<Collections> {
    // listen before any is told to stop: a message without a listener is lost
    const stopped = this.#executors.map((thread) => said<ExecutorMessage>(thread))
    for (const memory of this.#mailboxes) new Mailbox(memory).stop()
    let [count, ms] = [0, 0]
    for (const message of await Promise.all(stopped)) {
      if (message.kind !== 'stopped') continue
      count += message.gcCount
      ms += message.gcMs
    }
    return { count, ms }
  }
}

/** The next message of a thread; throws what it failed with. */
async function said<T>(thread: Worker, signal?: AbortSignal): Promise<Exclude<T, FailureMessage>> {
  const message = await nextMessage<T | FailureMessage>(thread, signal)
  if (isFailure(message)) throw failureOf(message)
  return message as Exclude<T, FailureMessage>
}

/** Null where executors are processes: those have threads of their own that must not be crowded. */
function affinityFor(plan: ServingPlan, engines: readonly EngineOptions[]): Affinity | null {
  const sessions = executorsOf(plan).map(({ pool }) => engines[pool]!.session)
  if (!sessions.every(({ executionProvider: on }) => executionProviders[on].onHost)) return null
  return affinityOf(sessions.map(({ threads }) => threads))
}
