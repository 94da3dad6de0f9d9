import { parentPort, workerData } from 'node:worker_threads'
import { STATUS } from '../../sim/serving/index.ts'
import { failureMessage } from '../process/failure-message.ts'
import { openCompletionEngine } from '../targets/completion-engine.ts'
import { openRemoteEngine } from '../targets/remote-engine.ts'
import { openSalvoEngine } from '../targets/salvo-engine.ts'
import { EXECUTOR_REPETITIONS, timeControlKernel } from './control-kernel.ts'
import { type EngineRun, type FleetEngine, isCompletion } from './engine.ts'
import type { ExecutorMessage } from './executor-thread.ts'
import { Mailbox, type MailboxMemory } from './mailbox.ts'
import { threadClockFor } from './thread-clock.ts'
import { watchCollections } from './thread-collections.ts'

/** Start options of a thread whose executors are connections to a server. */
export interface ConnectionsStart {
  readonly epochNs: bigint
  /** of each connection */
  readonly memories: readonly MailboxMemory[]
  readonly engine: FleetEngine
}

type Run = (mailbox: Mailbox, job: { size: number; length: number }) => Promise<EngineRun>

/** Performs the orders of a mailbox until it is stopped. */
async function serve(mailbox: Mailbox, run: Run): Promise<void> {
  for (;;) {
    // a blocked thread would not see what comes over its connections
    const job = await mailbox.nextOrder()
    if (job === null) return
    if (job.order === 'run') {
      mailbox.finish(await run(mailbox, job))
      continue
    }
    if (job.order !== 'control') throw new Error(`Expected batches for a server, got ${job.order}`)
    const { medianMs } = timeControlKernel(EXECUTOR_REPETITIONS, clock)
    mailbox.finish({ started: 0, ended: medianMs, status: STATUS.ok })
  }
}

/** The connections, which end with their thread. */
async function opened({ memories, epochNs, engine: options }: ConnectionsStart): Promise<Run> {
  if (isCompletion(options)) {
    const engine = await openCompletionEngine(options, epochNs, memories.length)
    return async ({ call }) => {
      const run = await engine.run(call!.read())
      call!.finish(run)
      return run
    }
  }
  const engine = await (options.salvo === undefined
    ? openRemoteEngine(options, epochNs, memories.length)
    : openSalvoEngine(options, options.salvo, epochNs))
  return ({ lengths, keys }, { size, length }) => engine.run(size, length, lengths, keys)
}

const start = workerData as ConnectionsStart
const clock = (isCompletion(start.engine) ? null : threadClockFor(start.engine)) ?? performance
const post = (message: ExecutorMessage) => parentPort?.postMessage(message)
const collections = watchCollections()

// keeps the thread alive: what waits for an order does not
parentPort?.on('message', () => {})

try {
  const { memories } = start
  const run = await opened(start)
  post({ kind: 'ready', fellBack: false, outputs: null })
  await Promise.all(memories.map((memory) => serve(new Mailbox(memory), run)))
  post({ kind: 'stopped', ...collections() })
} catch (error) {
  post(failureMessage(error))
}
