import { env, openFeeds, openSession } from '../models/onnx.ts'
import type { ArenaMark, ArenaRuns } from './arena-log.ts'

/**
 * One session of ONNX Runtime whose log shows each extension of its arena, and whose profile shows
 * the bytes in use after each node. It needs a separate process, since the log level is set per
 * process. Its marks go to the same stream as the log, which keeps their order.
 */
const MIB = 2 ** 20
const mark = (content: ArenaMark) => process.stderr.write(`spillway ${JSON.stringify(content)}\n`)
const rssMib = () => process.memoryUsage.rss() / MIB

async function observe({ file, session: options, runs }: ArenaRuns): Promise<void> {
  env.logLevel = 'info'
  mark({ kind: 'started', process: { startedMib: rssMib() } })
  const { session } = await openSession(file, options)
  mark({ kind: 'loaded', process: { loadedMib: rssMib() } })
  const feeds = await openFeeds(file.inputs, { seed: 1 })
  for (const [run, [batch, length]] of runs.entries()) {
    mark({ kind: 'run', run })
    const keys = Uint32Array.from({ length: batch }, (_, i) => i)
    const lengths = new Int32Array(batch).fill(length)
    await session.run(feeds.build(batch, length, lengths, keys))
  }
  session.endProfiling()
  const peakMib = process.resourceUsage().maxRSS / 1024
  mark({ kind: 'ended', process: { endedMib: rssMib(), peakMib } })
}

/** Skips exit handlers of native code, which may hang. */
const end = () => process.kill(process.pid, 'SIGKILL')

process.once('message', (job: ArenaRuns) => {
  observe(job).then(end, (error: unknown) => {
    mark({ kind: 'failed', problem: (error as Error).message })
    end()
  })
})
// the parent has ended, or needs no more runs
process.on('disconnect', end)
