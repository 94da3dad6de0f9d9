import { parentPort, workerData } from 'node:worker_threads'
import { STATUS } from '../../sim/serving/index.ts'
import { failureMessage } from '../process/failure-message.ts'
import { openRemoteEngine } from '../targets/remote-engine.ts'
import { openSalvoEngine } from '../targets/salvo-engine.ts'
import { EXECUTOR_REPETITIONS, timeControlKernel } from './control-kernel.ts'
import type { Engine, EngineOptions } from './engine.ts'
import type { ExecutorMessage } from './executor-thread.ts'
import { Mailbox, type MailboxMemory } from './mailbox.ts'
import { threadClockFor } from './thread-clock.ts'
import { watchCollections } from './thread-collections.ts'

/** Start options of a thread whose executors are connections to a server. */
export interface ConnectionsStart {
  readonly epochNs: bigint
  /** of each connection */
  readonly memories: readonly MailboxMemory[]
  readonly engine: EngineOptions
}

/** Performs the orders of a mailbox until it is stopped. */
async function serve(mailbox: Mailbox, engine: Engine): Promise<void> {
  for (;;) {
    // a blocked thread would not see what comes over its connections
    const job = await mailbox.nextOrder()
    if (job === null) return
    if (job.order === 'run') {
      mailbox.finish(await engine.run(job.size, job.length, mailbox.lengths, mailbox.keys))
      continue
    }
    if (job.order !== 'control') throw new Error(`Expected batches for a server, got ${job.order}`)
    const { medianMs } = timeControlKernel(EXECUTOR_REPETITIONS, clock)
    mailbox.finish({ started: 0, ended: medianMs, status: STATUS.ok })
  }
}

const start = workerData as ConnectionsStart
const clock = threadClockFor(start.engine) ?? performance
const post = (message: ExecutorMessage) => parentPort?.postMessage(message)
const collections = watchCollections()

// keeps the thread alive: what waits for an order does not
parentPort?.on('message', () => {})

try {
  const { memories, epochNs, engine: options } = start
  const engine = await (options.salvo === undefined
    ? openRemoteEngine(options, epochNs, memories.length)
    : openSalvoEngine(options, options.salvo, epochNs))
  post({ kind: 'ready', fellBack: false, outputs: null })
  await Promise.all(memories.map((memory) => serve(new Mailbox(memory), engine)))
  post({ kind: 'stopped', ...collections() })
} catch (error) {
  post(failureMessage(error))
}
