import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { format } from 'node:util'
import { memoryMib } from './watch.ts'

/**
 * Runs the built command line in this process, one input after another: starting a process for each
 * input would take most of the time. The entry is evaluated anew for each input; its imports are
 * loaded once. The parent watches, and ends this process if an input hangs.
 */

/** Request of the parent. */
export interface RunnerTask {
  readonly cli: string
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

// for `node -e`, commander would skip another number of arguments
process.execArgv = []

let inputs = 0
const text = { stdout: '', stderr: '' }

for (const name of ['stdout', 'stderr'] as const) {
  const write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    const added = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
    if (text[name].length < MOST_KEPT) text[name] += added
    const done = rest.at(-1)
    if (typeof done === 'function') process.nextTick(done as () => void)
    return true
  }
  process[name].write = write
}

// a rejected promise that a command leaves behind would end this process with a stack trace
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    text.stderr += format('internal error: %s: %s\n', event, (error as Error)?.stack ?? error)
  })
}

function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // no Linux: the peak is that of all inputs so far
  }
}

async function run({ cli, folder, args }: RunnerTask): Promise<RunnerAnswer> {
  text.stdout = ''
  text.stderr = ''
  process.chdir(folder)
  process.argv = [process.execPath, cli, ...args]
  process.exitCode = undefined
  // a command ends by this; the process continues
  process.exit = ((code?: number) => {
    process.exitCode = code ?? process.exitCode
  }) as typeof process.exit
  forgetPeak()
  await import(`${pathToFileURL(cli).href}?input=${++inputs}`)
  // pending work of the command still belongs to this input
  await new Promise((resolve) => setImmediate(resolve))
  process.stdout.removeAllListeners('error')
  process.chdir('/')
  const code = Number(process.exitCode ?? 0)
  process.exitCode = undefined
  const peakMib = memoryMib(process.pid, 'VmHWM')
  const residentMib = memoryMib(process.pid, 'VmRSS')
  return { code, ...text, peakMib, residentMib }
}

process.on('message', (task: RunnerTask) => {
  run(task).then(
    (answer) => process.send!(answer),
    (error: unknown) => {
      text.stderr += format('internal error: %s\n', error)
      process.send!({ code: 1, ...text, peakMib: 0, residentMib: 0 })
    },
  )
})
// a terminal sends Ctrl-C to the whole group; the parent decides when this process ends
process.on('SIGINT', () => {})
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.send!('ready')
