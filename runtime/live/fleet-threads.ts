import type { Worker } from 'node:worker_threads'
import { isSwappable, largestBatch, type ServingPlan, topologyOf } from '../../sim/serving/index.ts'
import { executionProviders } from '../models/index.ts'
import { entryBeside } from '../process/child.ts'
import { type FailureMessage, failureOf, isFailure } from '../process/failure-message.ts'
import { nextMessage, startThread } from '../process/thread.ts'
import type { OutputMemory } from '../serve/output-slab.ts'
import type { ServedInputs } from '../serve/served-inputs.ts'
import { type SlotMemory, slotMemory } from '../serve/slot-table.ts'
import type { TokenMemory } from '../serve/token-slab.ts'
import { type Affinity, affinityOf } from './affinity.ts'
import { callMemory } from './call-memory.ts'
import type { ConnectionsStart } from './connections-thread.ts'
import type { DispatcherJob, DispatcherReply, DispatcherStart } from './dispatcher-thread.ts'
import { type EngineOptions, type FleetEngine, isCompletion } from './engine.ts'
import type { ExecutorMessage, ExecutorStart } from './executor-thread.ts'
import { stepMemory } from './generation/step-memory.ts'
import { Mailbox, type MailboxMemory, mailboxMemory } from './mailbox.ts'

export interface OpenedFleet {
  /** per pool, whether parts of a model run on cpu instead of the requested provider */
  readonly fellBack: readonly boolean[]
  /** whether every thread has separate cores */
  readonly pinned: boolean
}

/** What a fleet needs to serve clients in place of traffic. */
export interface ServedFleet {
  /** requests at once; a power of two */
  readonly slots: number
  /** of each pool; null for one that generates */
  readonly inputs: readonly (ServedInputs | null)[]
  /** null where no pool generates */
  readonly tokens: TokenMemory | null
}

/** Memory that clients, dispatcher and executors share. */
export interface ServedMemory {
  readonly table: SlotMemory
  /** by executor; null for one that generates */
  readonly outputs: readonly (OutputMemory | null)[]
  /** null where no pool generates */
  readonly tokens: TokenMemory | null
  /** a reading of the monotonic clock that all clocks of the fleet count from */
  readonly epochNs: bigint
}

/** Garbage collections in the threads of executors. */
export interface Collections {
  readonly count: number
  readonly ms: number
}

/** A thread and the mailboxes of its executors: one of its own, or connections to a server. */
interface ExecutorThread {
  readonly thread: Worker
  readonly mailboxes: readonly MailboxMemory[]
}

const PROGRESS_EVERY_MS = 200

/**
 * The threads of a fleet: one dispatcher and its executors. They live as long as their process.
 * Models stay open between replays, so that two replays differ only by the state of the machine.
 */
export class FleetThreads {
  readonly #dispatcher: Worker
  readonly #progress: Int32Array
  readonly #executors: readonly ExecutorThread[]
  readonly opened: OpenedFleet
  /** null where traffic is replayed */
  readonly served: ServedMemory | null

  private constructor(
    dispatcher: Worker,
    progress: Int32Array,
    executors: readonly ExecutorThread[],
    opened: OpenedFleet,
    served: ServedMemory | null,
  ) {
    this.#dispatcher = dispatcher
    this.#progress = progress
    this.#executors = executors
    this.opened = opened
    this.served = served
  }

  /**
   * Opens all replicas of each pool; swappable models are unloaded again. One engine per pool.
   * `served`: null where traffic is replayed.
   */
  static async open(
    plan: ServingPlan,
    engines: readonly FleetEngine[],
    served: ServedFleet | null = null,
  ): Promise<FleetThreads> {
    const ends = new SharedArrayBuffer(4)
    const progress = new SharedArrayBuffer(4)
    const executors: ExecutorThread[] = []
    const fellBack: boolean[] = plan.pools.map(() => false)
    const outputs: (OutputMemory | null)[] = []
    const table = served && slotMemory(served.slots, ends)
    const epochNs = process.hrtime.bigint()
    const affinity = affinityFor(plan, engines)
    const { poolOf, executorsOf } = topologyOf(plan)
    const mailboxes = poolOf.map((pool) => {
      const { generation } = engines[pool]!
      return mailboxMemory(largestBatch(plan.pools[pool]!), ends, {
        steps: generation === undefined ? null : stepMemory(generation),
        call: isCompletion(engines[pool]!) ? callMemory() : null,
      })
    })
    // before arenas grow: afterwards memory may be too short for another thread
    const dispatcher = startThread(entryBeside(import.meta.url, 'dispatcher-thread'), {
      mailboxes,
      signal: ends,
      progress,
      epochNs,
      connections: engines.some(({ target }) => target?.role === 'server') ? poolOf.length : null,
      vocabularies: engines.map(({ generation }) => generation?.vocabulary ?? null),
      cores: affinity?.dispatcher ?? null,
      served: table,
      tokens: served?.tokens ?? null,
    } satisfies DispatcherStart)
    const executorThread = (i: number, engine: EngineOptions): ExecutorThread => {
      const thread = startThread(entryBeside(import.meta.url, 'executor-thread'), {
        epochNs,
        memory: mailboxes[i]!,
        engine: { ...engine, ...(served && servedBy(served, poolOf[i]!)) },
        absent: isSwappable(plan, poolOf[i]!),
        cores: affinity?.executors[i] ?? null,
      } satisfies ExecutorStart)
      return { thread, mailboxes: [mailboxes[i]!] }
    }
    const connectionsThread = (indices: readonly number[], engine: FleetEngine) => {
      const memories = indices.map((i) => mailboxes[i]!)
      const thread = startThread(entryBeside(import.meta.url, 'connections-thread'), {
        ...{ epochNs, memories, engine },
      } satisfies ConnectionsStart)
      return { thread, mailboxes: memories }
    }
    for (const [i, pool] of poolOf.entries()) {
      const engine = engines[pool]!
      const all = executorsOf[pool]!
      const ofServer = engine.target?.role === 'server'
      // a thread for each of hundreds of connections would take the processor from the server
      if (ofServer && i !== all[0]) continue
      const started =
        isCompletion(engine) || engine.target !== undefined
          ? connectionsThread(ofServer ? all : [i], engine)
          : executorThread(i, engine)
      executors.push(started)
      const { thread } = started
      const message = await receive<ExecutorMessage>(thread)
      if (message.kind !== 'ready') continue
      if (message.fellBack) fellBack[pool] = true
      outputs[i] = message.outputs
    }
    const opened = { fellBack, pinned: affinity !== null }
    const memory = table && { table, outputs, tokens: served.tokens, epochNs }
    return new FleetThreads(dispatcher, new Int32Array(progress), executors, opened, memory)
  }

  /** Makes the dispatcher perform a job. `onProgress` reports in the units of the job. */
  async perform(job: DispatcherJob, onProgress: (done: number) => void): Promise<DispatcherReply> {
    Atomics.store(this.#progress, 0, 0)
    const timer = setInterval(() => onProgress(Atomics.load(this.#progress, 0)), PROGRESS_EVERY_MS)
    const watch = new AbortController()
    // an executor that serves sends no message except a failure
    const failed = this.#executors.map(async ({ thread }) => {
      const message = await receive<ExecutorMessage>(thread, watch.signal)
      throw new Error(`Expected a failure, got ${message.kind}`)
    })
    try {
      this.#dispatcher.postMessage(job)
      return await Promise.race([receive<DispatcherReply>(this.#dispatcher), ...failed])
    } finally {
      clearInterval(timer)
      watch.abort()
    }
  }

  /** Stops the executors and returns their garbage collections. */
  async stop(): Promise<Collections> {
    // listen before stopping any thread: a message without a listener is lost
    const stopped = this.#executors.map(({ thread }) => receive<ExecutorMessage>(thread))
    const mailboxes = this.#executors.flatMap(({ mailboxes: own }) => own)
    for (const memory of mailboxes) new Mailbox(memory).stop()
    let [count, ms] = [0, 0]
    for (const message of await Promise.all(stopped)) {
      if (message.kind !== 'stopped') continue
      count += message.gcCount
      ms += message.gcMs
    }
    return { count, ms }
  }
}

/** The next message of a thread; throws the error that the thread failed with. */
async function receive<T>(
  thread: Worker,
  signal?: AbortSignal,
): Promise<Exclude<T, FailureMessage>> {
  const message = await nextMessage<T | FailureMessage>(thread, { signal })
  if (isFailure(message)) throw failureOf(message)
  return message as Exclude<T, FailureMessage>
}

/** Null where executors are processes or servers: threads of theirs may need many cores. */
function affinityFor(plan: ServingPlan, all: readonly FleetEngine[]): Affinity | null {
  const engines = all.filter(isHere)
  if (engines.length < all.length) return null
  const sessions = topologyOf(plan).poolOf.map((pool) => engines[pool]!.session)
  if (!sessions.every(({ executionProvider: on }) => executionProviders[on].onHost)) return null
  return affinityOf(sessions.map(({ threads }) => threads))
}

const isHere = (engine: FleetEngine): engine is EngineOptions => engine.target === undefined

/** What an executor of a pool shares with clients. */
function servedBy({ inputs, tokens }: ServedFleet, pool: number) {
  const served = inputs[pool] ?? null
  if (served !== null) return { served }
  return tokens && { tokens }
}
