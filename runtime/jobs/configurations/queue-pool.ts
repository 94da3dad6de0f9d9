import { Queue, QueueEvents } from 'bullmq'
import type { Redis } from 'ioredis'
import { EXIT, Failure } from '../../../scenarios/index.ts'
import { failureOf, isFailure } from '../../process/failure-message.ts'
import type {
  ConfigurationBase,
  ConfigurationRequest,
  ConfigurationRuns,
  ConfigurationSimulator,
} from './configuration-process.ts'
import {
  baseKey,
  connected,
  decode,
  encode,
  KEPT_S,
  type QueuedRequest,
  queueName,
  sentBase,
} from './queue.ts'

/**
 * Simulates configurations on the workers of a queue: as `ConfigurationPool`, but on any number of
 * machines, which may start and end. A request has the same name whenever it is asked, and its
 * figures depend on it alone: one that is done twice, or asked again after a crash, does no harm.
 */
export class QueuePool implements ConfigurationSimulator {
  /** the workers are not known: enough for a hundred cores, and no queue that would not end soon */
  readonly workers = 100
  readonly #redis: Redis
  readonly #queue: Queue<QueuedRequest, string>
  readonly #events: QueueEvents
  readonly #id: string
  readonly #signal: AbortSignal | undefined

  private constructor(redis: Redis, events: Redis, id: string, signal?: AbortSignal) {
    this.#redis = redis
    this.#queue = new Queue(queueName(), { connection: redis })
    this.#events = new QueueEvents(queueName(), { connection: events })
    this.#events.setMaxListeners(0)
    this.#queue.setMaxListeners(0)
    this.#id = id
    this.#signal = signal
  }

  /** Throws `Failure` where the server cannot be reached, or the scenario is invalid. */
  static async open(
    url: string,
    base: ConfigurationBase,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<QueuePool> {
    const { id, base: sent } = await sentBase(base)
    const redis = await connected(url)
    await redis.set(baseKey(id), encode(sent), 'EX', KEPT_S)
    const pool = new QueuePool(redis, await connected(url), id, signal)
    await pool.#events.waitUntilReady()
    return pool
  }

  /** How many workers wait on the queue now. */
  async connectedWorkers(): Promise<number> {
    return this.#queue.getWorkersCount()
  }

  /** As `ConfigurationPool.simulate`. */
  async simulate(request: ConfigurationRequest): Promise<ConfigurationRuns> {
    if (this.#signal?.aborted === true) throw interrupted()
    const job = await this.#queue.add(
      'configuration',
      { ...request, base: this.#id },
      {
        jobId: jobName(this.#id, request),
        removeOnComplete: { age: KEPT_S },
        removeOnFail: true,
      },
    )
    const answer = decode<ConfigurationRuns>(await this.#finished(job))
    if (isFailure(answer)) throw failureOf(answer)
    return answer
  }

  /** The jobs that wait are left for the next time. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#events.close(), this.#queue.close()])
    this.#redis.disconnect()
  }

  async #finished(job: Awaited<ReturnType<Queue<QueuedRequest, string>['add']>>): Promise<string> {
    const signal = this.#signal
    let stop = () => {}
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(interrupted())
      signal?.addEventListener('abort', stop)
    })
    try {
      return await Promise.race([job.waitUntilFinished(this.#events), aborted])
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }
}

/** The same request has the same name. A name may have no colon. */
function jobName(id: string, { set, from, to }: ConfigurationRequest): string {
  return `${id}.${Buffer.from(JSON.stringify(set)).toString('base64url')}.${from}.${to}`
}

const interrupted = () => new Failure('interrupted', EXIT.interrupted)
