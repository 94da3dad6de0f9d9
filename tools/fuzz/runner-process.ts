import { writeFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { format } from 'node:util'
import type { main as Main } from '../../runtime/main.ts'
import { memoryMib } from './watch.ts'

/**
 * Runs the built command line in this process, one input after another: starting a process for each
 * input would take most of the time. The parent watches, and ends this process if an input hangs.
 */

/** Request of the parent. */
export interface RunnerTask {
  readonly folder: string
  readonly args: readonly string[]
}

/** Answer to the parent. */
export interface RunnerAnswer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly peakMib: number
  readonly residentMib: number
}

/** Most characters that are kept of each stream. */
const MOST_KEPT = 1_000_000

// children of `node -e` would run its code
process.execArgv = []

const BUILT = new URL('../../dist/main.js', import.meta.url).href

const text = { stdout: '', stderr: '' }

function keep(name: 'stdout' | 'stderr', added: string): void {
  if (text[name].length < MOST_KEPT) text[name] += added
}

const kept = (name: 'stdout' | 'stderr') =>
  new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, _encoding, done) {
      keep(name, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
      done()
    },
  })

// a rejected promise that a command leaves behind would end this process with a stack trace
process.on('uncaughtException', (error) => {
  keep('stderr', format('internal error: %s\n', error.stack ?? error))
})

function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // no Linux: the peak is that of all inputs so far
  }
}

async function run({ folder, args }: RunnerTask): Promise<RunnerAnswer> {
  text.stdout = ''
  text.stderr = ''
  // not before the first input: the loader of this file is gone by then
  const { main } = (await import(BUILT)) as { readonly main: typeof Main }
  process.chdir(folder)
  forgetPeak()
  const code = await main(args, { stdout: kept('stdout'), stderr: kept('stderr') })
  // pending work of the command still belongs to this input
  await new Promise((resolve) => setImmediate(resolve))
  process.chdir('/')
  const peakMib = memoryMib(process.pid, 'VmHWM')
  const residentMib = memoryMib(process.pid, 'VmRSS')
  return { code, ...text, peakMib, residentMib }
}

process.on('message', (task: RunnerTask) => {
  run(task).then(
    (answer) => process.send!(answer),
    (error: unknown) => {
      keep('stderr', format('internal error: %s\n', error))
      process.send!({ code: 1, ...text, peakMib: 0, residentMib: 0 })
    },
  )
})
// a terminal sends Ctrl-C to the whole group; the parent decides when this process ends
process.on('SIGINT', () => {})
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.send!('ready')
