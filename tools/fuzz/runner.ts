import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Outcome } from './outcome.ts'
import type { RunnerAnswer, RunnerTask } from './runner-process.ts'
import { CLI } from './stock.ts'

/** Inputs after which a process makes room for a fresh one. */
const MOST_INPUTS = 300
/** Resident memory after an input, MiB, likewise. */
const MOST_RESIDENT_MIB = 450
/** Resident memory at which an input is ended, MiB: it has failed by then. */
const RUNAWAY_MIB = 1500
const SAMPLE_MS = 100
/** Time that SIGINT is given, ms. */
const INTERRUPT_MS = 4000

/** The runner is TypeScript; the built command line that it then loads needs no loader. */
function boot(): string {
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'))
  const entry = JSON.stringify(new URL('./runner-process.ts', import.meta.url).href)
  return `import(${loader}).then(async ({ register }) => { const off = register(); await import(${entry}); await off() })`
}

function residentMib(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return 0
  }
}

const once = (child: ChildProcess, event: string) =>
  new Promise<unknown[]>((resolve) => child.once(event, (...args) => resolve(args)))

/** Runs inputs in a process that outlives them, and survives what they do to it. */
export class Runner {
  readonly #cache: string
  readonly #limitMs: number
  #child: ChildProcess | null = null
  #inputs = 0
  #said = ''

  /** `cache`: folder for models and profiles; `limitMs`: time that an input is given. */
  constructor(cache: string, limitMs: number) {
    this.#cache = cache
    this.#limitMs = limitMs
  }

  async run(folder: string, args: readonly string[]): Promise<Outcome> {
    const child = this.#child ?? (await this.#start())
    this.#said = ''
    let peakMib = 0
    let overran: Outcome['overran'] = 'no'
    const over = () => {
      overran = 'responsive'
      child.kill('SIGINT')
    }
    const kill = () => {
      overran = 'unresponsive'
      child.kill('SIGKILL')
    }
    const timers = [setTimeout(over, this.#limitMs), setTimeout(kill, this.#limitMs + INTERRUPT_MS)]
    const sampler = setInterval(() => {
      peakMib = Math.max(peakMib, residentMib(child.pid!))
      if (peakMib > RUNAWAY_MIB) child.kill('SIGKILL')
    }, SAMPLE_MS)
    const ended = new AbortController()
    const answered = new Promise<RunnerAnswer | null>((resolve) => {
      child.once('message', (answer: RunnerAnswer) => resolve(answer))
      child.once('exit', () => resolve(null))
    })
    const task: RunnerTask = { cli: CLI, folder, args }
    child.send(task)
    const answer = await answered
    child.removeAllListeners('message')
    child.removeAllListeners('exit')
    for (const timer of timers) clearTimeout(timer)
    clearInterval(sampler)
    ended.abort()
    if (answer === null) {
      this.#child = null
      const { exitCode: code, signalCode: signal } = child
      return { code, signal, stdout: '', stderr: this.#said, peakMib, overran }
    }
    this.#inputs++
    if (overran !== 'no' || this.#inputs >= MOST_INPUTS || answer.residentMib > MOST_RESIDENT_MIB) {
      await this.close()
    }
    const { code, stdout, stderr } = answer
    return { code, signal: null, stdout, stderr, peakMib: Math.max(peakMib, answer.peakMib), overran }
  }

  async close(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  async #start(): Promise<ChildProcess> {
    const child = spawn(process.execPath, ['-e', boot()], {
      env: { ...process.env, SPILLWAY_CACHE: this.#cache, NO_COLOR: '1' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    // native code writes past `process.stderr`
    child.stderr!.on('data', (data) => {
      this.#said += data
    })
    await once(child, 'message')
    this.#child = child
    this.#inputs = 0
    return child
  }
}
