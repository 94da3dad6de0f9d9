import { hostname } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { DelayedError, type Job, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { EXIT, Failure } from '../../../scenarios/index.ts'
import { outOfMemory } from '../../folders/system-refusal.ts'
import { endedForMemory } from '../../process/child.ts'
import { failureMessage } from '../../process/failure-message.ts'
import type { JobOptions } from '../options.ts'
import type { ConfigurationBase, ConfigurationRuns } from '../simulations/configuration-runs.ts'
import { SimulationPool } from '../simulations/simulation-pool.ts'
import { processesFor } from '../simulations/simulation-processes.ts'
import {
  answerKey,
  baseKey,
  decode,
  encode,
  hasFewValues,
  jobName,
  jobSchema,
  KEPT_S,
  LACK_KEPT_S,
  lackKey,
  MOST_BASE_BYTES,
  MOST_JOB_LETTERS,
  type QueuedJob,
  queueName,
  read,
  type SentFiles,
  sentBaseSchema,
  sha256Of,
} from './queue.ts'
import { type Answer, oneLine } from './queue-answer.ts'
import { connected, isReply, refusal } from './queue-connection.ts'
import { Lacking, WorkerFiles } from './queue-files.ts'

export interface WorkerOptions extends Pick<JobOptions, 'signal'> {
  /** simulations at once, at most one a core, by default that many */
  readonly workers?: number | undefined
  /** paths of models and traces in a scenario start here, and none leads out */
  readonly directory: string
  /** end once no request has come for so long, s; default: never */
  readonly idleS?: number | undefined
  readonly onDone?: ((done: number) => void) | undefined
  /** gets why a job was not done */
  readonly onRefusal?: ((text: string) => void) | undefined
}

/** What a worker has done. */
export interface Worked {
  readonly simulations: number
  /** jobs that were no jobs */
  readonly refused: number
}

/** A worker that is killed loses its requests to another after so long, ms. */
const LOCK_MS = 6_000
/** Requests that were lost with their workers so often are given up: the sweep sends them again. */
const MOST_LOST = 3
const LOOK_EVERY_MS = 200
/** A job that a worker lacks a file for is there for others again after so long, ms. */
const LEFT_MS = 2000
/** It grows with each start up to this, ms: workers that have the file may be busy for hours. */
const MOST_LEFT_MS = 30_000
/** A job that no worker has the files of is given up after so many starts, in about a day. */
const MOST_STARTS = 3000
/** Sweeps that are kept. */
const MOST_BASES = 4

/** A job that cannot be one, or that this program fails at. */
class BadJob extends Error {}

/**
 * Works on the requests of a queue until the signal is set, or the queue has been idle for long. A
 * job that is not valid is refused, and one that this machine lacks a file for is left to other
 * workers: no job that fits into memory ends a worker, or reads a file of it.
 */
export async function work(url: string, options: WorkerOptions): Promise<Worked> {
  const redis = await connected(url, options.signal)
  const { workers, idleS = Number.POSITIVE_INFINITY, signal } = options
  const pool = new SimulationPool({ workers, signal })
  const jobs = new Jobs(redis, pool, options)
  const worker = new SizedWorker(queueName(), (job, token) => jobs.perform(job, token), {
    connection: redis,
    concurrency: processesFor(Number.POSITIVE_INFINITY, workers),
    lockDuration: LOCK_MS,
    stalledInterval: LOCK_MS / 2,
    maxStalledCount: MOST_LOST,
    // whatever a job says
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  })
  // a lost connection comes back, and what is no job of BullMQ is left; it would print both
  let named = false
  worker.on('error', (error) => {
    if (named || !isReply(error)) return
    named = true
    options.onRefusal?.(refusal(url, error).message)
  })
  try {
    const ended = () => signal?.aborted === true || jobs.idleFor() > 1000 * idleS
    while (!ended()) {
      await wait(LOOK_EVERY_MS)
      // whatever an odd job does to the loop of BullMQ, it begins again
      if (!worker.isRunning() && !ended()) worker.run().catch(() => {})
    }
    await jobs.handedBack()
    // an idle worker has nothing to wait for
    await worker.close(true)
    return jobs.worked
  } finally {
    pool.close()
    redis.disconnect()
  }
}

/** What a worker does with its jobs. */
class Jobs {
  readonly #redis: Redis
  readonly #pool: SimulationPool
  readonly #options: WorkerOptions
  readonly #bases: Bases
  readonly #files: WorkerFiles
  #simulations = 0
  #refused = 0
  #running = 0
  #lastAt = performance.now()
  readonly #handedBack: Promise<unknown>[] = []

  constructor(redis: Redis, pool: SimulationPool, options: WorkerOptions) {
    this.#redis = redis
    this.#pool = pool
    this.#options = options
    this.#bases = new Bases(redis, options.directory)
    this.#files = new WorkerFiles(options.directory, options.signal)
  }

  get worked(): Worked {
    return { simulations: this.#simulations, refused: this.#refused }
  }

  /** Time without a job, ms. */
  idleFor(): number {
    return this.#running > 0 ? 0 : performance.now() - this.#lastAt
  }

  /** Jobs that an interruption has stopped wait for another worker. */
  async handedBack(): Promise<void> {
    await Promise.race([Promise.allSettled(this.#handedBack), wait(LOOK_EVERY_MS)])
  }

  /** A job ends once its answer is on the server. */
  async perform(job: Job<unknown, null>, token: string | undefined): Promise<null> {
    this.#running++
    try {
      const answer = await this.#answer(job)
      await this.#redis.set(answerKey(job.id!), encode(answer), 'EX', KEPT_S)
      if (answer.kind !== 'refused') this.#options.onDone?.(++this.#simulations)
      return null
    } catch (error) {
      if (error instanceof Lacking) return await this.#leave(job, token, error.message)
      if (!(error instanceof Failure) || error.exitCode !== EXIT.interrupted) throw error
      this.#handedBack.push(job.moveToWait(token).catch(() => {}))
      // the worker ends
      return await new Promise<never>(() => {})
    } finally {
      this.#running--
      this.#lastAt = performance.now()
    }
  }

  /** Throws `Lacking`, and `Failure` with exit code 130 once the signal is set. */
  async #answer({ id, data, attemptsStarted }: Job<unknown, null>): Promise<Answer> {
    const job = id!
    try {
      const asked = askedFor(job, data)
      const { base, files } = await this.#bases.of(asked.base)
      const { set, from, to } = asked
      const only = await this.#verified(asked, asked.files ?? files).catch((error: unknown) => {
        const often = error instanceof Lacking && attemptsStarted > MOST_STARTS
        throw often ? new BadJob(`no worker has its files: ${error.message}`) : error
      })
      return done(job, await this.#pool.simulate({ set, from, to, files: only }, { base }))
    } catch (error) {
      if (error instanceof Lacking) throw error
      const failure = failureMessage(endedForMemory(error) ? outOfMemory(error as Failure) : error)
      if (failure.kind === 'failed') {
        const { problems, exitCode } = failure
        if (exitCode === EXIT.interrupted) throw error
        if (exitCode === EXIT.invalidInput || exitCode === EXIT.notComparable) {
          return { kind: 'failed', job, problems: problems.slice(0, 100).map(oneLine), exitCode }
        }
      }
      // the first line: a stack says where this program lies
      const reason = oneLine(String((error as Error)?.message ?? error).split('\n')[0]!)
      this.#refused++
      this.#options.onRefusal?.(`job ${oneLine(job).slice(0, 80)} is refused: ${reason}`)
      return { kind: 'refused', job, reason }
    }
  }

  async #verified({ base }: QueuedJob, files: SentFiles): Promise<readonly string[]> {
    try {
      return await this.#files.verified(files)
    } catch (error) {
      if (!(error instanceof Lacking)) throw error
      const text = oneLine(`${hostname()}: ${error.message}`)
      await this.#redis.set(lackKey(base), text, 'EX', LACK_KEPT_S)
      throw error
    }
  }

  /** Leaves a job to other workers, and goes on with the next one. */
  async #leave(job: Job<unknown, null>, token: string | undefined, why: string): Promise<never> {
    this.#options.onRefusal?.(oneLine(why))
    const starts = Math.max(job.attemptsStarted || 1, 1)
    await job.moveToDelayed(Date.now() + Math.min(MOST_LEFT_MS, starts * LEFT_MS), token)
    throw new DelayedError()
  }
}

function done(job: string, { hash, capacityRps, extrapolated, runs }: ConfigurationRuns): Answer {
  return { kind: 'done', job, hash, capacityRps, extrapolated: [...extrapolated], runs: [...runs] }
}

/** What a job asks for. Its name is a hash of that, so that it cannot be exchanged. */
function askedFor(name: string, value: unknown): QueuedJob {
  if (value === OVERSIZED) throw new BadJob(OVERSIZED)
  const job = read(jobSchema, value, 'no job')
  if ('problem' in job) throw new BadJob(job.problem)
  if (jobName(job.data) !== name) throw new BadJob('asks for something else than its name')
  return job.data
}

/** A base, and the files that its configurations read. */
interface KnownBase {
  readonly base: ConfigurationBase
  readonly files: SentFiles
}

/** The sweeps that were asked for last. */
class Bases {
  readonly #redis: Redis
  readonly #directory: string
  readonly #bases = new Map<string, Promise<KnownBase>>()

  constructor(redis: Redis, directory: string) {
    this.#redis = redis
    this.#directory = directory
  }

  of(id: string): Promise<KnownBase> {
    const cached = this.#bases.get(id)
    if (cached !== undefined) return cached
    const base = this.#read(id)
    this.#bases.set(id, base)
    base.catch(() => this.#bases.delete(id))
    const [oldest] = this.#bases.keys()
    if (this.#bases.size > MOST_BASES) this.#bases.delete(oldest!)
    return base
  }

  async #read(id: string): Promise<KnownBase> {
    const bytes = await this.#redis.strlen(baseKey(id)).catch(() => null)
    if (bytes === null) throw new BadJob('its sweep is no text')
    if (bytes > MOST_BASE_BYTES) throw new BadJob(`its sweep has ${bytes} bytes`)
    const text = await this.#redis.get(baseKey(id))
    if (text === null) throw new BadJob('its sweep is gone from the queue')
    if (sha256Of(text) !== id) throw new BadJob('its sweep is another one')
    const sent = read(sentBaseSchema, decoded(text), 'no sweep')
    if ('problem' in sent) throw new BadJob(sent.problem)
    const { file, text: scenario, files, ...rest } = sent.data
    const path = { file, text: scenario, directory: this.#directory }
    return { base: { ...rest, path }, files }
  }
}

function decoded(text: string): unknown {
  try {
    return decode(text)
  } catch {
    throw new BadJob('its sweep is no JSON')
  }
}

/** What a job asks for that is larger than any: it fits no schema. */
const OVERSIZED = 'it is larger than any job'

/** Its fields, as they come from the server. */
const FIELDS = ['name', 'configuration', 'data', JSON.stringify(OVERSIZED), 'opts', '{}'] as const

/**
 * A worker that does not parse what is larger than any job. BullMQ parses all of a job as soon as
 * it is there: `[{},{},…]` of 300 MB would take all memory of one worker after the other, as a job
 * goes to the next worker where one has ended. BullMQ runs its scripts by `execCommand`, which its
 * types do not state.
 */
class SizedWorker extends Worker<unknown, null> {
  protected override createBackend(): void {
    super.createBackend()
    const { backend } = this
    const run: unknown = Reflect.get(backend, 'execCommand')
    if (typeof run !== 'function') throw new Error('Expected BullMQ to have execCommand')
    const checked = async (...words: readonly unknown[]) =>
      sized(await Reflect.apply(run, backend, words))
    Reflect.set(backend, 'execCommand', checked)
  }
}

/** The reply of a script, which begins with the names and values of a job where it takes one. */
function sized(reply: unknown): unknown {
  if (!Array.isArray(reply) || !Array.isArray(reply[0])) return reply
  const [fields, ...rest] = reply as [readonly unknown[], ...unknown[]]
  const texts = fields.filter((value) => typeof value === 'string')
  const letters = texts.reduce((sum, text) => sum + text.length, 0)
  if (letters <= MOST_JOB_LETTERS && texts.every(hasFewValues)) return reply
  return [FIELDS, ...rest]
}
