import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { EXIT, Failure } from '../../../scenarios/index.ts'
import { saysOutOfMemory } from '../../folders/system-refusal.ts'
import { throwIfAborted } from '../../process/interruption.ts'
import type {
  ConfigurationBase,
  ConfigurationRequest,
  ConfigurationRuns,
  ConfigurationSimulator,
} from '../simulations/configuration-runs.ts'
import {
  answerKey,
  baseKey,
  encode,
  jobName,
  KEPT_S,
  lackKey,
  MOST_ANSWER_BYTES,
  MOST_RUNS,
  type QueuedJob,
  queueName,
  sha256Of,
  Unanswered,
} from './queue.ts'
import { answered, type Expected, oneLine, Refused } from './queue-answer.ts'
import { type Asks, QueueAsker } from './queue-asker.ts'
import { connected, isReply, refusal } from './queue-connection.ts'

/** An answer is looked for so soon after another one, ms, and more and more rarely without any. */
const LOOK_MS = 30
const RAREST_LOOK_MS = 500
/** Jobs that are gone from the queue are looked for so often, ms. */
const CHECK_MS = 3000
/** A job is given up after so many invalid answers. */
const MOST_REFUSALS = 3
/** A job is given up after it was lost from the queue so many times. */
const MOST_LOSSES = 20
/** A job without its worker at so many checks in a row is gone, too: BullMQ has not seen it. */
const MOST_UNLOCKED = 4
/** Errors of the server in a row after which it is given up. */
const MOST_ERRORS = 40
/** Time without an answer after which a warning says so, ms; then twice as long, and so on. */
const SILENCE_MS = 60_000
/** Time for taking back what was asked for, ms: the server may be gone. */
const WITHDRAWAL_MS = 1000

export interface QueuePoolOptions {
  readonly signal?: AbortSignal | undefined
  /** gets what the queue lacks: workers, files of a worker, jobs that were lost */
  readonly onWarning?: ((text: string) => void) | undefined
}

/** A job without an answer so far. */
interface Asked {
  readonly name: string
  readonly job: QueuedJob
  readonly expected: Expected
  readonly answer: Promise<ConfigurationRuns>
  readonly resolve: (runs: ConfigurationRuns) => void
  readonly reject: (error: unknown) => void
  sentAt: number
  losses: number
  /** checks in a row at which it was at work without a worker */
  unlocked: number
  readonly refusals: string[]
}

/**
 * Simulates configurations on the workers of a queue: as `SimulationPool`, but on any number of
 * machines, which may start and end. A request has the same name whenever it is asked, and its
 * figures depend on it alone: one that is done twice, or asked again after a crash, does no harm.
 * Nothing on the server is relied on: jobs that are gone are sent again, and answers are checked.
 */
export class QueuePool implements ConfigurationSimulator {
  /** The workers are not known. This is enough for a hundred cores, and such a queue ends soon. */
  readonly workers = 100
  readonly #redis: Redis
  readonly #queue: Queue<QueuedJob, null>
  readonly #asker: QueueAsker
  readonly #baseText: string
  readonly #base: string
  readonly #options: QueuePoolOptions
  readonly #asked = new Map<string, Asked>()
  /** jobs that are not waited for any more, and may still be on the server */
  readonly #left = new Set<string>()
  readonly #warned = new Set<string>()
  readonly #timer: NodeJS.Timeout
  #wake = () => {}
  #errors = 0
  #checkedAt = performance.now()
  #answeredAt = performance.now()
  #silenceMs = SILENCE_MS
  #closed = false

  private constructor(redis: Redis, asker: QueueAsker, options: QueuePoolOptions) {
    this.#redis = redis
    this.#queue = new Queue(queueName(), { connection: redis })
    // a lost connection comes back; other errors reject what was asked of the server
    this.#queue.on('error', () => {})
    this.#asker = asker
    this.#baseText = encode(asker.base)
    this.#base = sha256Of(this.#baseText)
    this.#options = options
    options.signal?.addEventListener('abort', this.#abort)
    // not in the loop, which waits while the server is gone
    this.#timer = setInterval(() => this.#warnOfSilence(), 1000)
    this.#timer.unref()
    void this.#listen()
  }

  /** Throws `Failure` where the server cannot be reached, or the scenario is invalid. */
  static async open(
    url: string,
    base: ConfigurationBase,
    options: QueuePoolOptions = {},
  ): Promise<QueuePool> {
    const asker = await QueueAsker.of(base, options.signal)
    const redis = await connected(url, options.signal)
    const pool = new QueuePool(redis, asker, options)
    try {
      await pool.#sendBase()
      return pool
    } catch (error) {
      await pool.close()
      // a replica, a server without memory, a user without rights
      throw isReply(error) ? refusal(url, error) : error
    }
  }

  /** Warns where no worker waits on the queue; a server that does not tell has some. */
  async warnOfNoWorker(): Promise<void> {
    if ((await this.#connectedWorkers()) !== 0) return
    const others = await this.#otherQueues()
    const text = 'no worker waits at the queue yet; start some: spillway worker --queue URL'
    const also =
      others.length === 0
        ? ', of the same version'
        : `; those of ${oneLine(others.join(', '))} take no jobs of ${queueName()}`
    this.#options.onWarning?.(`${text}${also}`)
  }

  /** How many workers wait on the queue now; null where the server does not tell. */
  async #connectedWorkers(): Promise<number | null> {
    return this.#queue.getWorkersCount().catch(() => null)
  }

  /** Queues of other versions and commits that have workers at this server. */
  async #otherQueues(): Promise<string[]> {
    const list = String(await this.#redis.client('LIST').catch(() => ''))
    const names = [...list.matchAll(/ name=bull:([\w+/=]+)/g)].map(([, name]) =>
      Buffer.from(name!, 'base64').toString(),
    )
    const others = names.filter((name) => name.startsWith('spillway-') && name !== queueName())
    return [...new Set(others)].sort().slice(0, MOST_QUEUES)
  }

  /**
   * As `SimulationPool.simulate`. Throws `Unanswered` where the workers have given no answer
   * that can be one.
   */
  async simulate(request: ConfigurationRequest): Promise<ConfigurationRuns> {
    throwIfAborted(this.#options.signal)
    const { set, from, to } = request
    if (to - from > MOST_RUNS) {
      const first = await this.simulate({ set, from, to: from + MOST_RUNS })
      const others = await this.simulate({ set, from: from + MOST_RUNS, to })
      return { ...first, runs: [...first.runs, ...others.runs] }
    }
    const asks = await this.#asker.asks(set)
    throwIfAborted(this.#options.signal)
    const files = asks.files === null ? {} : { files: asks.files }
    return this.#ask({ base: this.#base, set: [...set], from, to, ...files }, asks)
  }

  /** Takes back the jobs that wait. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#timer)
    this.#options.signal?.removeEventListener('abort', this.#abort)
    this.#rejectAll(() => interrupted())
    this.#wake()
    const names = [...this.#left]
    const withdrawn = Promise.allSettled(names.map((name) => this.#queue.remove(name)))
    await Promise.race([
      withdrawn.then(() => this.#queue.close()).catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, WITHDRAWAL_MS).unref()),
    ])
    this.#redis.disconnect()
  }

  readonly #abort = () => this.#rejectAll(() => interrupted())

  #ask(job: QueuedJob, { scenario, hash, uncertain }: Asks): Promise<ConfigurationRuns> {
    const name = jobName(job)
    const pending = this.#asked.get(name)
    // a list may have a configuration twice
    if (pending !== undefined) return pending.answer
    const { from, to } = job
    let resolve: Asked['resolve'] = () => {}
    let reject: Asked['reject'] = () => {}
    const answer = new Promise<ConfigurationRuns>((...both) => {
      ;[resolve, reject] = both
    })
    const asked: Asked = {
      name,
      job,
      expected: { job: name, replications: to - from, scenario, hash, uncertain },
      answer,
      resolve,
      reject,
      sentAt: performance.now(),
      losses: 0,
      unlocked: 0,
      refusals: [],
    }
    if (this.#asked.size === 0) this.#answeredAt = performance.now()
    this.#asked.set(name, asked)
    // one that does not arrive is missing at the next check
    this.#send(asked).catch(() => {})
    this.#wake()
    return answer
  }

  async #send(asked: Asked): Promise<void> {
    asked.sentAt = performance.now()
    // one that is there already stays as it is
    await this.#queue.add('configuration', asked.job, {
      jobId: asked.name,
      removeOnComplete: true,
      removeOnFail: true,
    })
  }

  async #sendBase(): Promise<void> {
    await this.#redis.set(baseKey(this.#base), this.#baseText, 'EX', KEPT_S)
  }

  /** Sends a job again, in whatever state the server has it. */
  async #sendAgain(asked: Asked): Promise<void> {
    await this.#sendBase()
    await this.#queue.remove(asked.name).catch(() => {})
    await this.#send(asked)
  }

  async #listen(): Promise<void> {
    let waitMs = LOOK_MS
    while (!this.#closed) {
      try {
        const hasAnswers = this.#asked.size > 0 && (await this.#look())
        waitMs = hasAnswers ? LOOK_MS : Math.min(RAREST_LOOK_MS, waitMs * 1.5)
        if (performance.now() >= this.#checkedAt + CHECK_MS) await this.#check()
      } catch (error) {
        if (this.#closed) return
        waitMs = RAREST_LOOK_MS
        this.#serverFailed(error)
      }
      if (this.#closed) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs)
        this.#wake = () => {
          clearTimeout(timer)
          waitMs = LOOK_MS
          setTimeout(resolve, LOOK_MS)
        }
      })
    }
  }

  /** A server that loads its data, say, works again later; one that refuses its user does not. */
  #serverFailed(error: unknown): void {
    this.#errors++
    if (this.#errors < MOST_ERRORS) return
    const { message } = error as Error
    this.#rejectAll(() => new Unanswered(`--queue: the server fails: ${oneLine(message)}`))
  }

  #rejectAll(reason: () => Error): void {
    for (const { name, reject } of this.#asked.values()) {
      this.#left.add(name)
      reject(reason())
    }
    this.#asked.clear()
  }

  /** Takes the answers that are there. */
  async #look(): Promise<boolean> {
    const asked = [...this.#asked.values()]
    const pipeline = this.#redis.pipeline()
    for (const { name } of asked) pipeline.strlen(answerKey(name))
    const sizes = (await pipeline.exec()) ?? []
    let hasAnswers = false
    for (const [i, entry] of asked.entries()) {
      const [error, bytes] = sizes[i] ?? [null, 0]
      const odd = error?.message.startsWith('WRONGTYPE') === true
      if (error !== null && !odd) throw error
      if (!odd && !(Number(bytes) > 0)) continue
      hasAnswers = true
      await this.#take(entry, odd ? null : Number(bytes))
    }
    return hasAnswers
  }

  /** `bytes` is null where something else than a text is in its place. */
  async #take(asked: Asked, bytes: number | null): Promise<void> {
    const key = answerKey(asked.name)
    const fits = bytes !== null && bytes <= MOST_ANSWER_BYTES
    const text = fits ? await this.#redis.get(key) : null
    await this.#redis.unlink(key)
    try {
      if (!fits) throw new Refused(bytes === null ? 'no text' : `an answer of ${bytes} bytes`)
      if (text === null) return
      const answer = answered(text, asked.expected)
      if (answer instanceof Failure) throw await this.#confirmed(asked, answer)
      this.#settle(asked)?.resolve(answer)
    } catch (error) {
      if (!(error instanceof Refused)) this.#settle(asked)?.reject(error)
      else await this.#refuse(asked, error.message)
    }
  }

  /**
   * Whether a configuration is invalid is not taken from an answer: the reason is the one that it
   * has here. Only that memory ran out is a matter of the worker.
   */
  async #confirmed({ job }: Asked, failure: Failure): Promise<Error> {
    if (saysOutOfMemory(failure)) return failure
    const here = await this.#asker.refusalOf(job.set)
    const reason = `a worker finds it invalid, which it is not here: ${failure.problems[0]}`
    return here ?? new Refused(reason)
  }

  async #refuse(asked: Asked, reason: string): Promise<void> {
    asked.refusals.push(reason)
    if (asked.refusals.length < MOST_REFUSALS) return this.#sendAgain(asked)
    await this.#queue.remove(asked.name).catch(() => {})
    const reasons = [...new Set(asked.refusals)].join('; ')
    this.#giveUp(asked, `${MOST_REFUSALS} answers were none: ${reasons}`)
  }

  #giveUp(asked: Asked, reason: string): void {
    this.#settle(asked)?.reject(new Unanswered(reason))
  }

  /** Takes a job out of those without an answer; null where it is out already. */
  #settle(asked: Asked): Asked | null {
    this.#answeredAt = performance.now()
    this.#silenceMs = SILENCE_MS
    return this.#asked.delete(asked.name) ? asked : null
  }

  /** Sends again what is gone from the queue, and lets the base live on. */
  async #check(): Promise<void> {
    this.#checkedAt = performance.now()
    if ((await this.#redis.expire(baseKey(this.#base), KEPT_S)) === 0) await this.#sendBase()
    await this.#warnOfLack()
    const old = [...this.#asked.values()].filter(
      ({ sentAt }) => this.#checkedAt > sentAt + CHECK_MS,
    )
    const states = await Promise.all(old.map(({ name }) => this.#queue.getJobState(name)))
    let lost = 0
    for (const [i, asked] of old.entries()) {
      const gone = GONE.has(states[i]!) || (states[i] === 'active' && (await this.#isStuck(asked)))
      if (!gone || !this.#asked.has(asked.name)) continue
      // a job ends after its answer is there; what is no answer is refused at the next look
      const bytes = await this.#redis.strlen(answerKey(asked.name)).catch(() => 1)
      if (bytes > 0) continue
      lost++
      if (++asked.losses >= MOST_LOSSES) this.#giveUp(asked, `was lost ${MOST_LOSSES} times`)
      else await this.#sendAgain(asked)
    }
    this.#errors = 0
    if (lost > 0)
      this.#warnOnce('jobs were lost from the queue without an answer; they are sent again')
  }

  /** Whether its worker has ended, and nothing has put it back into the queue. */
  async #isStuck(asked: Asked): Promise<boolean> {
    const locked = (await this.#redis.exists(`${this.#queue.toKey(asked.name)}:lock`)) > 0
    asked.unlocked = locked ? 0 : asked.unlocked + 1
    return asked.unlocked >= MOST_UNLOCKED
  }

  async #warnOfLack(): Promise<void> {
    const key = lackKey(this.#base)
    const bytes = await this.#redis.strlen(key).catch(() => 0)
    if (bytes === 0 || bytes > MOST_LACK_BYTES) return
    const text = await this.#redis.get(key)
    if (text !== null) this.#warnOnce(`a worker leaves its work to others: ${oneLine(text)}`)
  }

  #warnOnce(text: string): void {
    if (this.#warned.has(text) || this.#warned.size >= MOST_WARNINGS) return
    this.#warned.add(text)
    this.#options.onWarning?.(text)
  }

  #warnOfSilence(): void {
    const silentMs = performance.now() - this.#answeredAt
    if (this.#asked.size === 0 || silentMs < this.#silenceMs) return
    this.#silenceMs *= 2
    const since = `no answer for ${Math.round(silentMs / 1000)} s`
    const warn = (text: string) => this.#options.onWarning?.(`${since}: ${text}`)
    if (this.#redis.status !== 'ready') return void warn('the server of the queue is not reached')
    void this.#connectedWorkers().then((workers) => {
      if (workers === 0) void this.warnOfNoWorker()
      const workersText = workers === null ? '' : `; connected workers: ${workers}`
      warn(`${this.#asked.size} simulations wait or are at work${workersText}`)
    })
  }
}

/** States of a job that is not, or no longer, to be done; `unknown` is one that is gone. */
const GONE: ReadonlySet<string> = new Set(['unknown', 'completed', 'failed'])
const MOST_LACK_BYTES = 10_000
const MOST_WARNINGS = 20
/** Other queues that are named. */
const MOST_QUEUES = 5

const interrupted = () => new Failure('interrupted', EXIT.interrupted)
