import { parentPort, workerData } from 'node:worker_threads'
import { type Ms, STATUS } from '../../sim/serving/index.ts'
import { type FailureMessage, failureMessage } from '../process/failure-message.ts'
import type { OutputMemory } from '../serve/output-slab.ts'
import { pinThread } from './affinity.ts'
import { WallClock } from './clock.ts'
import { EXECUTOR_REPETITIONS, type KernelClock, timeControlKernel } from './control-kernel.ts'
import type { Engine, EngineOptions, EngineRun, Mortal } from './engine.ts'
import type { StepEngine } from './generation/step-engine.ts'
import { openStepEngine } from './generation/step-process.ts'
import { Mailbox, type MailboxMemory } from './mailbox.ts'
import { openEngine } from './process-engine.ts'
import { threadClockFor } from './thread-clock.ts'
import { type ThreadCollections, watchCollections } from './thread-collections.ts'

/** Start options of an executor's thread. */
export interface ExecutorStart {
  readonly epochNs: bigint
  readonly memory: MailboxMemory
  readonly engine: EngineOptions
  /** whether the model is swappable: then it is opened once, and unloaded before traffic starts */
  readonly absent: boolean
  /** cores that the thread is pinned to; null: not pinned */
  readonly cores: readonly number[] | null
}

/** Thread to parent: ready, stopped or failed. */
export type ExecutorMessage =
  | {
      readonly kind: 'ready'
      readonly fellBack: boolean
      /** of requests of clients; null where inputs are drawn */
      readonly outputs: OutputMemory | null
    }
  | ({ readonly kind: 'stopped' } & ThreadCollections)
  | FailureMessage

type Job = NonNullable<ReturnType<Mailbox['receive']>>

/** Performs the orders of a mailbox until it is stopped. */
async function serve(
  mailbox: Mailbox,
  clock: KernelClock,
  perform: (job: Job) => Promise<EngineRun>,
): Promise<void> {
  for (let job = mailbox.receive(); job !== null; job = mailbox.receive()) {
    if (job.order === 'control') {
      const { medianMs } = timeControlKernel(EXECUTOR_REPETITIONS, clock)
      mailbox.finish({ started: 0, ended: medianMs, status: STATUS.ok })
      continue
    }
    const run = await perform(job)
    mailbox.finish(run)
  }
}

async function performed(engine: Engine, job: Job, mailbox: Mailbox): Promise<EngineRun> {
  const { order } = job
  if (order === 'run') return ran(engine, job, mailbox)
  if (order === 'restart') return restarted(engine, mailbox)
  if (order === 'load' || order === 'unload') return engine[order]()
  throw new Error(`Expected no order ${order} for an executor that runs batches`)
}

async function stepped(engine: StepEngine, { order }: Job, mailbox: Mailbox): Promise<EngineRun> {
  const memory = mailbox.steps
  if (order === 'restart') return restarted(engine, mailbox)
  if (order !== 'steps' || memory === null) {
    throw new Error(`Expected an executor with a KV cache to run steps, got ${order}`)
  }
  const run = await engine.run(memory.read(), memory)
  memory.finish(run, run.counts)
  return run
}

/** Runs a batch, as slowly as the replay has it, or lets it fail without running it. */
async function ran(
  engine: Engine,
  { size, length }: { readonly size: number; readonly length: number },
  mailbox: Mailbox,
): Promise<EngineRun> {
  const { impairment } = mailbox
  const { factor = 1, afterMs = null } = impairment ?? {}
  if (afterMs !== null) {
    const started = clock.now()
    return waited(mailbox, started, started + afterMs)
  }
  const run = await engine.run(size, length, mailbox.lengths, mailbox.keys)
  if (!(factor > 1) || run.status !== STATUS.ok) return run
  return waited(mailbox, run.started, run.started + factor * (run.ended - run.started))
}

/** The run of an executor that waits until `end`, unless its process is killed before. */
function waited(mailbox: Mailbox, started: Ms, end: Ms): EngineRun {
  const isWhole = mailbox.wait(Math.max(0, end - clock.now()))
  return { status: isWhole ? STATUS.ok : STATUS.died, started, ended: clock.now() }
}

async function restarted(engine: Engine | StepEngine, mailbox: Mailbox): Promise<EngineRun> {
  if (!isMortal(engine)) throw new Error('Expected an executor that may be killed')
  const run = await engine.restart()
  mailbox.pid = engine.pid
  return run
}

const isMortal = (engine: object): engine is Mortal => 'restart' in engine

async function opened(mailbox: Mailbox) {
  const { generation, ...options } = start.engine
  if (generation !== undefined) {
    const engine = await openStepEngine({ ...options, generation }, start.epochNs)
    return { engine, perform: (job: Job) => stepped(engine, job, mailbox) }
  }
  const engine = await openEngine(start.engine, start.epochNs)
  if (start.absent) await engine.unload()
  return { engine, perform: (job: Job) => performed(engine, job, mailbox) }
}

const start = workerData as ExecutorStart
const clock = new WallClock(start.epochNs)
if (start.cores !== null) pinThread(start.cores)
const post = (message: ExecutorMessage) => parentPort?.postMessage(message)
const collections = watchCollections()

// keeps an idle thread alive: it ends with its process
parentPort?.on('message', () => {})

try {
  const mailbox = new Mailbox(start.memory)
  const { engine, perform } = await opened(mailbox)
  if (isMortal(engine)) mailbox.pid = engine.pid
  const outputs = 'outputs' in engine ? (engine.outputs ?? null) : null
  post({ kind: 'ready', fellBack: engine.fellBack, outputs })
  // where batches have their processor time, the control kernel has it too
  await serve(mailbox, threadClockFor(start.engine) ?? performance, perform)
  post({ kind: 'stopped', ...collections() })
} catch (error) {
  post(failureMessage(error))
}
