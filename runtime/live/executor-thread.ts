import { PerformanceObserver } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { type Ms, STATUS } from '../../sim/serving/index.ts'
import { type FailureMessage, failureMessage } from '../process/failure-message.ts'
import { pinThread } from './affinity.ts'
import { WallClock } from './clock.ts'
import { type KernelClock, timeControlKernel } from './control-kernel.ts'
import type { Engine, EngineOptions, EngineRun, MortalEngine } from './engine.ts'
import { Mailbox, type MailboxMemory } from './mailbox.ts'
import { openEngine } from './process-engine.ts'
import { threadClockFor } from './thread-clock.ts'

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
  | { readonly kind: 'ready'; readonly fellBack: boolean }
  | { readonly kind: 'stopped'; readonly gcMs: number; readonly gcCount: number }
  | FailureMessage

async function serve(engine: Engine, mailbox: Mailbox, clock: KernelClock): Promise<void> {
  for (let job = mailbox.receive(); job !== null; job = mailbox.receive()) {
    const { order } = job
    if (order === 'control') {
      mailbox.finish(0, timeControlKernel(CONTROL_REPETITIONS, clock).medianMs, STATUS.ok)
      continue
    }
    const run =
      order === 'run'
        ? await ran(engine, job, mailbox)
        : order === 'restart'
          ? await restarted(engine, mailbox)
          : await engine[order]()
    mailbox.finish(run.started, run.ended, run.status, run.processorMs)
  }
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

async function restarted(engine: Engine, mailbox: Mailbox): Promise<EngineRun> {
  if (!isMortal(engine)) throw new Error('Expected an executor that may be killed')
  const run = await engine.restart()
  mailbox.pid = engine.pid
  return run
}

const isMortal = (engine: Engine): engine is MortalEngine => 'restart' in engine

/** Of about 1 ms each; a stall within one of them does not move their median. */
const CONTROL_REPETITIONS = 60

const start = workerData as ExecutorStart
const clock = new WallClock(start.epochNs)
if (start.cores !== null) pinThread(start.cores)
const post = (message: ExecutorMessage) => parentPort?.postMessage(message)
let gcMs = 0
let gcCount = 0
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    gcMs += entry.duration
    gcCount++
  }
}).observe({ entryTypes: ['gc'] })

// keeps an idle thread alive: it ends with its process
parentPort?.on('message', () => {})

try {
  const engine = await openEngine(start.engine, start.epochNs)
  if (start.absent) await engine.unload()
  const mailbox = new Mailbox(start.memory)
  if (isMortal(engine)) mailbox.pid = engine.pid
  post({ kind: 'ready', fellBack: engine.fellBack })
  // where batches have their processor time, the control kernel has it too
  await serve(engine, mailbox, threadClockFor(start.engine) ?? performance)
  post({ kind: 'stopped', gcMs, gcCount })
} catch (error) {
  post(failureMessage(error))
}
