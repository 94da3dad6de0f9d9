import { type ChildProcess, type ForkOptions, fork } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { EXIT, Failure } from '../../scenarios/index.ts'
import { type FailureMessage, failureOf } from './failure-message.ts'

/** Child to parent: any number of parts of the answer to a request, then how the request ended. */
export type Answer<Part, Reply> =
  | { readonly kind: 'part'; readonly part: Part }
  | { readonly kind: 'reply'; readonly reply: Reply }
  | FailureMessage

/** A child process ended before it had answered. */
export class ChildEnded extends Failure {
  /** a signal, or `code N` */
  readonly how: string

  constructor(name: string, how: string, said: string) {
    // the system kills where memory runs out, and V8 gives up
    const why = ['SIGKILL', 'SIGABRT'].includes(how) ? '; most often for want of memory' : ''
    const last = said.trim() === '' ? '' : `; its last lines: ${said.trim()}`
    super(`the process of ${name} ended early (${how})${why}${last}`, EXIT.internal)
    this.how = how
  }
}

/** Characters of standard error that are kept for the message about an early end. */
const KEPT_CHARACTERS = 600

export interface ChildOptions {
  /** of what runs in it, for messages */
  readonly name: string
  /** whether it and what it starts are a process group, which ends as one; default: yes */
  readonly leads?: boolean
}

export interface AskOptions<Part> {
  readonly signal?: AbortSignal | undefined
  readonly onPart?: (part: Part) => void
}

/**
 * A process of ours that answers requests, one at a time. Threads and native code run in such
 * processes only, and these end by SIGKILL, never by themselves: V8 aborts where a thread ends
 * while code is still compiled for it, ONNX Runtime where one ends while a model opens, and its
 * exit handlers can hang.
 */
export class Child {
  readonly #process: ChildProcess
  readonly #name: string
  #said = ''
  /** where the system has not started it */
  #refused: Error | null = null

  private constructor(child: ChildProcess, { name, leads }: Required<ChildOptions>) {
    this.#name = name
    this.#process = child
    child.once('error', ({ code }: NodeJS.ErrnoException) => {
      const why = `(${code}): too many processes, or too little memory`
      this.#refused = new Failure(`the process of ${name} cannot be started ${why}`, EXIT.internal)
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-KEPT_CHARACTERS)
    })
    running.add(this)
    child.once('exit', () => {
      running.delete(this)
      // what it had started goes with it
      if (leads) kill(-child.pid!)
    })
    this.#hold(false)
  }

  static start(entry: URL, { name, leads = true }: ChildOptions): Child {
    const child = forkEntry(entry, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: leads,
    })
    return new Child(child, { name, leads })
  }

  /** Whether it can be asked. */
  get alive(): boolean {
    return (
      this.#refused === null && this.#process.exitCode === null && this.#process.signalCode === null
    )
  }

  /**
   * Sends a request and waits for its reply. Throws `Failure` where the request failed, where
   * `signal` is set (exit code 130; the process is ended), and `ChildEnded` where the process ended
   * first.
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
          reject(this.#refused ?? new ChildEnded(this.#name, how, this.#said))
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
        // where it cannot be sent the process has ended, of which `close` tells
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

  /** Ends the process at once, and its group. */
  end(): void {
    if (this.alive) endGroup(this.#process.pid!)
  }

  /** Resolves when the process has ended. */
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
    ;(child.stderr as (Readable & Partial<Record<'ref' | 'unref', () => void>>) | null)?.[act]?.()
  }
}

/**
 * Starts one of our entry points as a process: from source under tsx, else from the bundle, with
 * the options that Node has been given.
 */
export function forkEntry(entry: URL, options: ForkOptions): ChildProcess {
  const source = entry.href.endsWith('.ts')
  return fork(fileURLToPath(entry), {
    ...options,
    execArgv: source ? ['--import', import.meta.resolve('tsx')] : process.execArgv,
  })
}

/** The entry point of a name beside a module: bundles of all entry points stand side by side. */
export function entryBeside(module: string, name: string): URL {
  return new URL(`./${name}.${module.endsWith('.ts') ? 'ts' : 'js'}`, module)
}

/** Kills a process and, where it leads a group, all of the group. */
export function endGroup(pid: number): void {
  kill(-pid)
  kill(pid)
}

function kill(target: number): void {
  try {
    process.kill(target, 'SIGKILL')
  } catch {
    // gone already, or no group
  }
}

const running = new Set<Child>()

process.once('exit', () => {
  for (const child of running) child.end()
})
