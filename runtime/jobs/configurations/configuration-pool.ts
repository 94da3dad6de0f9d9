import { EXIT, Failure } from '../../../scenarios/index.ts'
import { Child, entryBeside } from '../../process/child.ts'
import { threadsFor } from '../demand.ts'
import type {
  ConfigurationBase,
  ConfigurationRequest,
  ConfigurationRuns,
  ConfigurationSimulator,
  RequestOptions,
} from './configuration-process.ts'

export interface PoolOptions {
  /** processes, at most one a core, by default that many; no result depends on it */
  readonly workers?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface PoolRequestOptions extends RequestOptions {
  /** default: the base of the pool */
  readonly base?: ConfigurationBase | undefined
}

interface Waiting extends RequestOptions {
  readonly base: ConfigurationBase
  readonly request: ConfigurationRequest
  readonly resolve: (runs: ConfigurationRuns) => void
  readonly reject: (error: unknown) => void
}

/** A process that simulates one request after another. */
interface Worker {
  readonly child: Child
  /** the base that it was given last */
  base: ConfigurationBase | null
  /** the overrides that it has prepared */
  set: string | null
}

/**
 * Simulates configurations on several processes, in the order in which they are asked for. They are
 * of one scenario, unless a request names a base of its own. A replication depends on its
 * configuration and number alone, so no result depends on the number of processes or on the order.
 * `close` ends the processes.
 */
export class ConfigurationPool implements ConfigurationSimulator {
  /** how many processes there are */
  readonly workers: number
  readonly #base: ConfigurationBase | null
  readonly #signal: AbortSignal | undefined
  readonly #free: Worker[] = []
  readonly #waiting: Waiting[] = []
  #closed = false

  constructor(base: ConfigurationBase | null, { workers, signal }: PoolOptions = {}) {
    this.#base = base
    this.#signal = signal
    this.workers = threadsFor(Number.POSITIVE_INFINITY, workers)
    for (let i = 0; i < this.workers; i++) this.#free.push(this.#start())
  }

  /**
   * The figures of these replications. Throws `Failure` with exit code 3 where the configuration is
   * invalid, `ChildEnded` where its process ended, usually because memory ran out, and `Failure`
   * with exit code 130 once the signal is set.
   */
  simulate(
    request: ConfigurationRequest,
    { base = this.#base ?? undefined, onShare }: PoolRequestOptions = {},
  ): Promise<ConfigurationRuns> {
    if (base === undefined) throw new Error('Expected a base')
    return new Promise((resolve, reject) => {
      this.#waiting.push({ base, request, onShare, resolve, reject })
      this.#next()
    })
  }

  /** Ends the processes. What was asked for and has not begun fails as interrupted. */
  close(): void {
    this.#closed = true
    for (const { reject } of this.#waiting.splice(0)) reject(interrupted())
    for (const { child } of this.#free.splice(0)) child.end()
  }

  #start(): Worker {
    const child = new Child(entryBeside(import.meta.url, 'configuration-process'), {
      name: 'a simulation',
      // every core has a process: further threads of V8 would take time from another
      flags: ['--single-threaded-gc'],
    })
    return { child, base: null, set: null }
  }

  #next(): void {
    while (this.#free.length > 0 && this.#waiting.length > 0) {
      const [waiting] = this.#waiting.splice(0, 1) as [Waiting]
      const key = JSON.stringify(waiting.request.set)
      const prepared = this.#free.findIndex(({ base, set }) => base === waiting.base && set === key)
      const [worker] = this.#free.splice(Math.max(0, prepared), 1) as [Worker]
      worker.set = key
      void this.#perform(worker, waiting)
    }
  }

  async #perform(worker: Worker, waiting: Waiting): Promise<void> {
    const { base, request, onShare: onPart, resolve, reject } = waiting
    const { child } = worker
    try {
      if (worker.base !== base) {
        worker.base = null
        await child.ask<null>(base, { signal: this.#signal })
        worker.base = base
      }
      const options = { signal: this.#signal, ...(onPart && { onPart }) }
      resolve(await child.ask<ConfigurationRuns, number>(request, options))
    } catch (error) {
      reject(error)
    }
    if (this.#closed || this.#signal?.aborted === true) return child.end()
    this.#free.push(child.alive ? worker : this.#start())
    this.#next()
  }
}

const interrupted = () => new Failure('interrupted', EXIT.interrupted)
