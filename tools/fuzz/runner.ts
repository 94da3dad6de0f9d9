import { type ChildProcess, spawn } from 'node:child_process'
import { type FuzzInput, layOut } from './input.ts'
import type { Outcome } from './outcome.ts'
import type { RunnerAnswer, RunnerTask } from './runner-process.ts'
import { Watch } from './watch.ts'

/** So that no command of an input is meant for the runner of continuous integration. */
export const OUTSIDE_ACTIONS = { GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' }

/** Inputs after which a process is replaced. */
const MOST_INPUTS = 300
/** Resident memory after an input at which a process is replaced, MiB. */
const MOST_RESIDENT_MIB = 450

/** The runner is TypeScript; the built command line that it loads needs no loader. */
function boot(): string {
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'))
  const entry = JSON.stringify(new URL('./runner-process.ts', import.meta.url).href)
  return `import(${loader}).then(async ({ register }) => { const off = register(); await import(${entry}); await off() })`
}

const once = (child: ChildProcess, event: string) =>
  new Promise<unknown[]>((resolve) => child.once(event, (...args) => resolve(args)))

/** What runners share. */
export interface Shop {
  /** files that every input receives */
  readonly stock: string
  /** folder for models and profiles */
  readonly cache: string
  /** time limit of an input, ms */
  readonly limitMs: number
  /** further environment variables */
  readonly variables?: Readonly<Record<string, string>>
}

/** Runs inputs in a long-lived process, and replaces it if an input ends it. */
export class Runner {
  /** working directory of its inputs, with what the last one has left */
  readonly folder: string
  readonly #shop: Shop
  #child: ChildProcess | null = null
  #inputs = 0
  #stderr = ''

  /** `folder`: working directory of all inputs, always the same, since waiting processes use it */
  constructor(folder: string, shop: Shop) {
    this.folder = folder
    this.#shop = shop
  }

  run(input: FuzzInput): Promise<Outcome> {
    layOut(this.folder, this.#shop.stock, input)
    return this.runIn(this.folder, input.args)
  }

  /** Runs a command in an existing folder. */
  async runIn(folder: string, args: readonly string[]): Promise<Outcome> {
    const child = this.#child ?? (await this.#start())
    this.#stderr = ''
    const watch = new Watch(child, this.#shop.limitMs)
    const answered = new Promise<RunnerAnswer | null>((resolve) => {
      child.once('message', (answer: RunnerAnswer) => resolve(answer))
      child.once('exit', () => resolve(null))
    })
    const task: RunnerTask = { folder, args }
    child.send(task)
    const answer = await answered
    child.removeAllListeners('message')
    child.removeAllListeners('exit')
    watch.stop()
    const { peakMib, overran } = watch
    if (answer === null) {
      this.#child = null
      const { exitCode: code, signalCode: signal } = child
      return { code, signal, stdout: '', stderr: this.#stderr, peakMib, overran }
    }
    this.#inputs++
    if (overran !== 'no' || this.#inputs >= MOST_INPUTS || answer.residentMib > MOST_RESIDENT_MIB) {
      await this.close()
    }
    const { residentMib: _, ...output } = answer
    return { ...output, signal: null, peakMib: Math.max(peakMib, answer.peakMib), overran }
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
    const { cache, variables } = this.#shop
    const child = spawn(process.execPath, ['-e', boot()], {
      env: {
        ...process.env,
        ...OUTSIDE_ACTIONS,
        ...variables,
        SPILLWAY_CACHE: cache,
        NO_COLOR: '1',
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    // native code bypasses `process.stderr`
    child.stderr!.on('data', (data) => {
      this.#stderr += data
    })
    await once(child, 'message')
    this.#child = child
    this.#inputs = 0
    return child
  }
}
