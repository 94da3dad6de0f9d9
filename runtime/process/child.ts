import { type ChildProcess, type ForkOptions, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { EXIT, Failure } from '../../scenarios/light.ts'
import { type FailureMessage, failureOf } from './failure-message.ts'
import { sendNothing } from './no-telemetry.ts'

/** Child to parent: any number of parts of the answer to a request, then its end. */
export type Answer<Part, Reply> =
  | { readonly kind: 'part'; readonly part: Part }
  | { readonly kind: 'reply'; readonly reply: Reply }
  | FailureMessage

/** A child process ended before it had answered. */
export class ChildEnded extends Failure {
  /** a signal, or `code N` */
  readonly how: string

  constructor(name: string, how: string, output: string) {
    // the system sends SIGKILL where memory runs out; V8 aborts
    const why = ['SIGKILL', 'SIGABRT'].includes(how) ? '; usually because memory ran out' : ''
    const last = output.trim() === '' ? '' : `; its last lines: ${output.trim()}`
    super(`the process of ${name} ended early (${how})${why}${last}`, EXIT.internal)
    this.how = how
  }
}

/** Whether a process ended as they do where memory runs out. */
export const endedForMemory = (error: unknown) =>
  error instanceof ChildEnded && ['SIGKILL', 'SIGABRT'].includes(error.how)

/** Characters of its output that are kept for the message about an early end. */
const KEPT_CHARACTERS = 600

/** A pipe of a child; types of Node state less of it. */
type Holdable = Readable & Partial<Record<'ref' | 'unref', () => void>>

export interface ChildOptions {
  /** what runs in the process, for messages */
  readonly name: string
  /** whether it leads a process group, which ends together; default: true */
  readonly leads?: boolean
  /** options of Node for it, beside those of this process */
  readonly flags?: readonly string[]
}

export interface AskOptions<Part> {
  readonly signal?: AbortSignal | undefined
  readonly onPart?: (part: Part) => void
}

/**
 * A child process that answers requests, one at a time. Threads and native code run only in such
 * processes, and these end by SIGKILL, never by themselves. V8 aborts if a thread ends while its
 * code is still being compiled. ONNX Runtime aborts if a thread ends while a model opens, and its
 * exit handlers can hang.
 */
export class Child {
  readonly #process: ChildProcess
  readonly #name: string
  #output = ''
  /** the error if the system has not started it */
  #refused: Error | null = null

  constructor(entry: URL, { name, leads = true, flags = [] }: ChildOptions) {
    const child = forkEntry(entry, {
      execArgv: [...inheritedFlags(process.execArgv), ...flags],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: leads,
    })
    this.#name = name
    this.#process = child
    child.once('error', ({ code }: NodeJS.ErrnoException) => {
      const why = `(${code}): too many processes, or too little memory`
      this.#refused = new Failure(`the process of ${name} cannot be started ${why}`, EXIT.internal)
    })
    // libraries print on both
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_CHARACTERS)
      })
    }
    running.add(this)
    child.once('exit', () => {
      running.delete(this)
      // its children end with it
      if (leads) kill(-child.pid!)
    })
    this.#hold(false)
  }

  get pid(): number {
    return this.#process.pid!
  }

  /** Whether the process can answer requests. */
  get alive(): boolean {
    return (
      this.#refused === null && this.#process.exitCode === null && this.#process.signalCode === null
    )
  }

  /**
   * Sends a request and waits for its reply. Throws `Failure` if the request failed or if `signal`
   * is set (exit code 130; the process is ended), and `ChildEnded` if the process ended first.
   */
  async ask<Reply, Part = never>(
    request: unknown,
    { signal, onPart }: AskOptions<Part> = {},
  ): Promise<Reply> {
    const child = this.#process
    let settle = () => {}
    try {
      this.#hold(true)
      return await new Promise<Reply>((resolve, reject) => {
        const onExit = () => {
          const how = child.signalCode ?? `code ${child.exitCode}`
          reject(this.#refused ?? new ChildEnded(this.#name, how, this.#output))
        }
        const onMessage = (answer: Answer<Part, Reply>) => {
          if (answer.kind === 'part') onPart?.(answer.part)
          else if (answer.kind === 'reply') resolve(answer.reply)
          else reject(failureOf(answer))
        }
        const onAbort = () => reject(new Failure('interrupted', EXIT.interrupted))
        settle = () => {
          child.off('close', onExit)
          child.off('error', onExit)
          child.off('message', onMessage)
          signal?.removeEventListener('abort', onAbort)
        }
        child.once('close', onExit)
        child.once('error', onExit)
        child.on('message', onMessage)
        signal?.addEventListener('abort', onAbort)
        if (signal?.aborted === true) onAbort()
        else if (!this.alive) onExit()
        // a request that cannot be sent means that the process has ended: `close` reports it
        else child.send(request as object, () => {})
      })
    } catch (error) {
      if (signal?.aborted !== true) throw error
      this.end()
      throw new Failure('interrupted', EXIT.interrupted)
    } finally {
      settle()
      this.#hold(false)
    }
  }

  /** Sends what has no answer. */
  note(text: string): void {
    if (this.alive) this.#process.send(text, () => {})
  }

  /** Ends the process and its group at once. */
  end(): void {
    if (this.alive) endGroup(this.#process.pid!)
  }

  async ended(): Promise<void> {
    if (!this.alive) return
    this.#hold(true)
    await new Promise((resolve) => this.#process.once('exit', resolve))
  }

  /** An idle child does not keep this process alive. */
  #hold(hold: boolean): void {
    const act = hold ? 'ref' : 'unref'
    const child = this.#process
    child[act]()
    child.channel?.[act]()
    for (const stream of [child.stdout, child.stderr] as (Holdable | null)[]) stream?.[act]?.()
  }
}

/** The reply of a process that answers one request, and has ended then. */
export async function askOnce<Reply, Part = never>(
  entry: URL,
  request: unknown,
  { name, ...options }: Pick<ChildOptions, 'name'> & AskOptions<Part>,
): Promise<Reply> {
  const child = new Child(entry, { name })
  try {
    return await child.ask<Reply, Part>(request, options)
  } finally {
    child.end()
    await child.ended()
  }
}

/**
 * The options of Node that a child has from this process. The program of `node -e` is not among
 * them: a child would run that in place of its entry point, and so start a child of its own.
 */
export function inheritedFlags(flags: readonly string[]): string[] {
  const program = /^(-e|-p|-pe|--eval|--print|--input-type)$/
  return flags.filter(
    (flag, i) =>
      !program.test(flag) &&
      !program.test(flags[i - 1] ?? '') &&
      !/^--(eval|print|input-type)(=|$)/.test(flag),
  )
}

/** Starts an entry point as a process: from source under tsx, otherwise from the bundle. */
export function forkEntry(entry: URL, options: ForkOptions): ChildProcess {
  const source = entry.href.endsWith('.ts')
  sendNothing()
  return fork(fileURLToPath(entry), {
    ...options,
    execArgv: source
      ? ['--import', import.meta.resolve('tsx')]
      : (options.execArgv ?? inheritedFlags(process.execArgv)),
  })
}

/**
 * The entry point `name` beside a module: bundles of all entry points are in one folder. Tests of
 * the source name such a folder too, because a start from source takes a second.
 */
export function entryBeside(module: string, name: string): URL {
  if (!module.endsWith('.ts')) return new URL(`./${name}.js`, module)
  const { SPILLWAY_BUNDLES: bundles } = process.env
  return bundles === undefined
    ? new URL(`./${name}.ts`, module)
    : pathToFileURL(join(bundles, `${name}.js`))
}

/** Kills a process and, if it leads a process group, the whole group. */
export function endGroup(pid: number): void {
  kill(-pid)
  kill(pid)
}

function kill(target: number): void {
  try {
    process.kill(target, 'SIGKILL')
  } catch {
    // already ended, or no group
  }
}

const running = new Set<Child>()

process.once('exit', () => {
  for (const child of running) child.end()
})
