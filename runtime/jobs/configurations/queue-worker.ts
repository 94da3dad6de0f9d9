import { join } from 'node:path'
import { type Job, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { EXIT, Failure } from '../../../scenarios/index.ts'
import { outOfMemory } from '../../folders/system-refusal.ts'
import { endedForMemory } from '../../process/child.ts'
import { failureMessage } from '../../process/failure-message.ts'
import { threadsFor } from '../demand.ts'
import type { JobOptions } from '../options.ts'
import { ConfigurationPool } from './configuration-pool.ts'
import {
  baseKey,
  connected,
  decode,
  encode,
  fileHash,
  type QueuedRequest,
  queueName,
  type SentBase,
} from './queue.ts'

export interface WorkerOptions extends Pick<JobOptions, 'signal'> {
  /** simulations at once, at most one a core, by default that many */
  readonly workers?: number | undefined
  /** paths of models and traces in a scenario start here */
  readonly directory: string
  /** end once no request has come for so long, s; default: never */
  readonly idleS?: number | undefined
  readonly onDone?: ((done: number) => void) | undefined
}

/** A worker that is killed loses its requests to another after so long, ms. */
const LOCK_MS = 6_000
/** Requests that were lost with their workers again and again are given up. */
const MOST_LOST = 100
const LOOK_EVERY_MS = 200

/**
 * Works on the requests of a queue until the signal is set, or the queue has been idle for long.
 * Returns how many it has done. Throws `Failure` where this machine lacks a file of the scenario:
 * its requests then go to other workers.
 */
export async function work(url: string, options: WorkerOptions): Promise<number> {
  const redis = await connected(url)
  const bases = new Bases(redis, options)
  const { idleS = Number.POSITIVE_INFINITY, signal } = options
  let done = 0
  let running = 0
  let lastAt = Date.now()
  let unfit: unknown = null
  const perform = async ({ data }: Job<QueuedRequest, string>): Promise<string> => {
    const { base, ...request } = data
    running++
    const pool = await bases.of(base).catch((error: unknown) => {
      unfit = error
      // kept until its lock ends, so that another worker gets it
      return new Promise<never>(() => {})
    })
    const answer = await pool.simulate(request).catch((error: unknown) => {
      // what is wrong with a configuration is its answer; an interruption is not
      if (error instanceof Failure && error.exitCode === EXIT.interrupted) throw error
      return failureMessage(endedForMemory(error) ? outOfMemory(error as Failure) : error)
    })
    running--
    lastAt = Date.now()
    options.onDone?.(++done)
    return encode(answer)
  }
  const worker = new Worker<QueuedRequest, string>(queueName(), perform, {
    connection: redis,
    concurrency: threadsFor(Number.POSITIVE_INFINITY, options.workers),
    lockDuration: LOCK_MS,
    stalledInterval: LOCK_MS / 2,
    maxStalledCount: MOST_LOST,
  })
  // a lost connection comes back; BullMQ would print it
  worker.on('error', () => {})
  try {
    const idle = () => running === 0 && Date.now() > lastAt + 1000 * idleS
    const ended = () => signal?.aborted === true || unfit !== null || idle()
    while (!ended()) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    // an idle worker has nothing to wait for
    await worker.close(true)
    if (unfit !== null) throw unfit
    return done
  } finally {
    bases.close()
    redis.disconnect()
  }
}

/** Pools of the sweeps that were asked for; only the last is kept. */
class Bases {
  readonly #redis: Redis
  readonly #options: WorkerOptions
  #last: { readonly id: string; readonly pool: Promise<ConfigurationPool> } | null = null

  constructor(redis: Redis, options: WorkerOptions) {
    this.#redis = redis
    this.#options = options
  }

  of(id: string): Promise<ConfigurationPool> {
    if (this.#last?.id === id) return this.#last.pool
    this.close()
    const pool = this.#open(id)
    this.#last = { id, pool }
    return pool
  }

  close(): void {
    void this.#last?.pool.then((pool) => pool.close()).catch(() => {})
    this.#last = null
  }

  async #open(id: string): Promise<ConfigurationPool> {
    const text = await this.#redis.get(baseKey(id))
    if (text === null) throw new Failure('the sweep of a request is gone from the queue')
    const { traces, ...base } = decode<SentBase>(text)
    const { directory, workers, signal } = this.#options
    for (const [path, hash] of Object.entries(traces)) {
      const own = await fileHash(join(directory, path)).catch(() => null)
      if (own === hash) continue
      const what = own === null ? 'is not' : 'has other content than where the sweep began'
      throw new Failure(`${path}: ${what} in ${directory} of this worker; name its folder: --files`)
    }
    return new ConfigurationPool(
      { ...base, path: { ...base.path, directory } },
      { workers, signal },
    )
  }
}
