import { EXIT, Failure } from '../../../scenarios/index.ts'
import type { RunSummary } from '../../../sim/experiment/index.ts'
import type {
  ConfigurationBase,
  ConfigurationRequest,
  ConfigurationRuns,
  ConfigurationSimulator,
  RequestOptions,
} from './configuration-runs.ts'
import type { Subject } from './simulation-process.ts'
import {
  giveBack,
  processesFor,
  type SimulationProcess,
  takeProcess,
} from './simulation-processes.ts'
import type { SentSystem } from './system-runs.ts'

export interface PoolOptions {
  /** of configurations whose request names none */
  readonly base?: ConfigurationBase
  /** processes, at most one a core, by default that many; no result depends on it */
  readonly workers?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface PoolRequestOptions extends RequestOptions {
  /** default: the base of the pool */
  readonly base?: ConfigurationBase | undefined
}

/** Replications that are asked for, and what they are of. */
interface Asked extends RequestOptions {
  readonly subject: Subject
  readonly request: ConfigurationRequest
}

interface Waiting extends Asked {
  readonly begin: (worker: SimulationProcess) => void
  readonly reject: (error: Error) => void
  /** asks for so many parts in its place; null where it has none */
  readonly share: ((shares: number) => void) | null
}

/**
 * Simulates replications of systems and configurations on several processes, in the order in which
 * they are asked for. A replication depends on its system and number alone, so no result depends on
 * the number of processes or on the order.
 */
export class SimulationPool implements ConfigurationSimulator {
  /** how many processes there are */
  readonly workers: number
  readonly #base: ConfigurationBase | undefined
  readonly #closing = new AbortController()
  /** set by the user of the pool, or as it closes */
  readonly #signal: AbortSignal
  readonly #free: SimulationProcess[]
  readonly #waiting: Waiting[] = []

  constructor({ base, workers, signal }: PoolOptions = {}) {
    const { signal: closing } = this.#closing
    this.#base = base
    this.#signal = signal === undefined ? closing : AbortSignal.any([signal, closing])
    this.workers = processesFor(Number.POSITIVE_INFINITY, workers)
    this.#free = Array.from({ length: this.workers }, takeProcess)
  }

  /**
   * The figures of these replications. Throws `Failure` with exit code 3 where the configuration is
   * invalid, `ChildEnded` where its process ended, usually because memory ran out, and `Failure`
   * with exit code 130 once the signal is set.
   */
  async simulate(
    request: ConfigurationRequest,
    { base = this.#base, onShare, last }: PoolRequestOptions = {},
  ): Promise<ConfigurationRuns> {
    if (base === undefined) throw new Error('Expected a base')
    const asked = { subject: base, request, onShare }
    const inParts = (shares: number) => this.#inParts(asked, shares)
    if (last === true) return inParts(this.workers)
    return this.#ask(asked, request.to - request.from > 1 ? inParts : null)
  }

  /** A replication of a system. Throws as `simulate` does. */
  async replication(
    system: SentSystem,
    replication: number,
    { onShare }: RequestOptions = {},
  ): Promise<RunSummary> {
    const request = { set: [], from: replication, to: replication + 1 }
    const asked = { subject: system, request, onShare }
    const [run] = await this.#ask<readonly RunSummary[]>(asked, null)
    return run!
  }

  /** Leaves the processes to the next pool. What has not ended fails as interrupted. */
  close(): void {
    this.#closing.abort()
    for (const { reject } of this.#waiting.splice(0)) reject(interrupted())
    giveBack(this.#free.splice(0))
  }

  #ask<Reply>(asked: Asked, inParts: ((shares: number) => Promise<Reply>) | null): Promise<Reply> {
    return new Promise<Reply>((resolve, reject) => {
      if (this.#signal.aborted) return reject(interrupted())
      this.#waiting.push({
        ...asked,
        begin: (worker) => resolve(this.#reply<Reply>(worker, asked)),
        share: inParts && ((shares) => resolve(inParts(shares))),
        reject,
      })
      // what is asked for at the same moment is seen together
      queueMicrotask(() => this.#next())
    })
  }

  #next(): void {
    this.#share()
    while (this.#free.length > 0 && this.#waiting.length > 0) {
      const { subject, request, begin } = this.#waiting.shift()!
      const set = JSON.stringify(request.set)
      const holds = (worker: SimulationProcess) => worker.subject === subject && worker.set === set
      const index = Math.max(0, this.#free.findIndex(holds))
      const [free] = this.#free.splice(index, 1) as [SimulationProcess]
      // one that ended while it waited has lost nothing
      const worker = free.child.alive ? free : takeProcess()
      worker.set = set
      begin(worker)
    }
  }

  /** Where fewer requests wait than there are free processes, each is shared among several. */
  #share(): void {
    const shares = Math.floor(this.#free.length / this.#waiting.length)
    if (shares < 2) return
    for (const waiting of this.#waiting.splice(0)) {
      if (waiting.share === null) this.#waiting.push(waiting)
      else waiting.share(shares)
    }
  }

  async #inParts({ request, ...of }: Asked, shares: number): Promise<ConfigurationRuns> {
    const { from, to } = request
    const parts = partsOf(request, shares)
    const done = parts.map(() => 0)
    const asked = parts.map((part, i) => {
      const onShare = (share: number) => {
        done[i] = share * (part.to - part.from)
        of.onShare?.(done.reduce((sum, count) => sum + count, 0) / (to - from))
      }
      return this.#ask<ConfigurationRuns>({ ...of, request: part, onShare }, null)
    })
    const all = await Promise.all(asked)
    return { ...all[0]!, runs: all.flatMap(({ runs }) => runs) }
  }

  async #reply<Reply>(worker: SimulationProcess, { subject, request, onShare }: Asked) {
    const { child } = worker
    const signal = this.#signal
    try {
      if (worker.subject !== subject) {
        worker.subject = null
        await child.ask<null>(subject, { signal })
        worker.subject = subject
      }
      const onPart = onShare && { onPart: onShare }
      return await child.ask<Reply, number>(request, { signal, ...onPart })
    } finally {
      this.#release(worker)
    }
  }

  #release(worker: SimulationProcess): void {
    if (this.#signal.aborted) {
      worker.child.end()
      return
    }
    this.#free.push(worker.child.alive ? worker : takeProcess())
    this.#next()
  }
}

/** The replications of a request in at most so many parts of about the same size. */
function partsOf(request: ConfigurationRequest, shares: number): ConfigurationRequest[] {
  const { from, to } = request
  if (to - from < 2) return [request]
  const size = Math.ceil((to - from) / shares)
  const parts: ConfigurationRequest[] = []
  for (let at = from; at < to; at += size) {
    parts.push({ ...request, from: at, to: Math.min(to, at + size) })
  }
  return parts
}

const interrupted = () => new Failure('interrupted', EXIT.interrupted)
