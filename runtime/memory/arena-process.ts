import { env } from 'onnxruntime-node'
import { Feeds, openSession } from '../models/index.ts'
import type { ArenaMark, ArenaRuns } from './arena-log.ts'

/**
 * One session of ONNX Runtime whose log tells each extension of its arena, and whose profile tells
 * what is in use after each node. In a process of its own, as the log level is the process's. What
 * it says for itself goes to the same stream as the log, so that the order is known.
 */
const MIB = 2 ** 20
const mark = (told: ArenaMark) => process.stderr.write(`spillway ${JSON.stringify(told)}\n`)
const rssMib = () => process.memoryUsage.rss() / MIB

async function observe({ file, session: options, runs }: ArenaRuns): Promise<void> {
  env.logLevel = 'info'
  mark({ kind: 'started', rssMib: rssMib() })
  const { session } = await openSession(file, options)
  mark({ kind: 'loaded', rssMib: rssMib() })
  const feeds = new Feeds(file.inputs, { seed: 1 })
  for (const [run, [batch, length]] of runs.entries()) {
    mark({ kind: 'run', run })
    const keys = Uint32Array.from({ length: batch }, (_, i) => i)
    const lengths = new Int32Array(batch).fill(length)
    await session.run(feeds.build(batch, length, lengths, keys))
  }
  session.endProfiling()
  mark({ kind: 'ended', rssMib: rssMib(), peakMib: process.resourceUsage().maxRSS / 1024 })
}

/** Exit handlers of native code, which may hang, do not run. */
const end = () => process.kill(process.pid, 'SIGKILL')

process.once('message', (told: ArenaRuns) => {
  observe(told).then(end, (error: unknown) => {
    mark({ kind: 'failed', problem: (error as Error).message })
    end()
  })
})
// the parent is gone, or needs no more
process.on('disconnect', end)
