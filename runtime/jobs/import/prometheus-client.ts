import {
  MOST_RESPONSE_BYTES,
  metricNames,
  PrometheusProblem,
  parseRangeResponse,
  type Series,
  type SeriesByName,
  type ServerMetrics,
  seriesByName,
  type TimeWindow,
  usualGap,
} from '../../../scenarios/evidence/prometheus/index.ts'
import { describeValue, Failure, nearNames, shortened } from '../../../scenarios/index.ts'
import { hasFewValues } from '../../../scenarios/light.ts'
import { throwIfAborted } from '../../process/interruption.ts'
import type { JobOptions } from '../options.ts'

export interface PrometheusOptions extends JobOptions {
  /** its address, with the path prefix where it has one */
  readonly url: string
  readonly server: ServerMetrics
  readonly window: TimeWindow
  /** labels that all series must have */
  readonly labels?: ReadonlyMap<string, string>
  /** s, raised to whole intervals of scrapes; default: one interval */
  readonly step_s?: number | undefined
  /** hosts that are asked beside loopback addresses */
  readonly allowedHosts?: readonly string[]
  /** environment variable with a bearer token */
  readonly tokenVariable?: string | undefined
  /** limits of one answer */
  readonly timeoutMs?: number
  readonly mostBytes?: number
}

/** What a server of Prometheus has of the metrics. */
export interface ScrapedMetrics {
  readonly series: SeriesByName
  readonly step_s: number
  /** as the server states them, and what is assumed */
  readonly notes: readonly string[]
}

const TIMEOUT_MS = 30_000
/** Prometheus refuses queries of more than 11,000 points. */
const MOST_POINTS = 10_000
/** Longer windows have a step of several scrapes. */
const MOST_STEPS = 50_000
/** Of all answers together, in memory. */
const MOST_SAMPLES = 20_000_000
/** The memory of a series without samples. */
const SAMPLES_OF_SERIES = 50
/** How long before a moment scrapes are looked for, s. */
const PROBED_S = 600
/** The longest step where scrapes are not found, s. */
const ASSUMED_STEP_S = 60
/** A scrape that is missing leaves the sample before it; this many intervals show that. */
const FRESH_INTERVALS = 1.1
/** More names than any server has. */
const MOST_LISTED = 2_000_000
/** Names that are searched for near ones. */
const MOST_NAMES = 20_000
const LONGEST_NAME = 200

/**
 * Reads the metrics of a server from Prometheus, in pieces. Throws `Failure` for what the user can
 * correct; no message has the token.
 */
export async function scrapedMetrics(options: PrometheusOptions): Promise<ScrapedMetrics> {
  const client = new PrometheusClient(options)
  const { server, window, onProgress } = options
  const counters = [...server.arrived, ...server.ended]
  const scrapes = await client.scrapes(counters)
  const step_s = stepOf(options, scrapes?.interval_s ?? null)
  const notes: string[] = []
  if (scrapes === null)
    notes.push('the interval of scrapes is not known: missing ones are not seen')
  const pieces = piecesOf(window, step_s, scrapes)
  const names = metricNames(server)
  const series: Series[] = []
  let samples = 0
  for (const [done, name] of names.entries()) {
    onProgress?.('reading metrics', done, names.length)
    for (const piece of pieces) {
      const read = await client.range(name, piece, step_s, scrapes?.interval_s ?? null)
      notes.push(...read.warnings)
      for (const one of read.series) {
        samples += one.times.length + SAMPLES_OF_SERIES
        series.push(one.name === '' ? { ...one, name } : one)
      }
      if (samples <= MOST_SAMPLES) continue
      const most = MOST_SAMPLES.toLocaleString('en-US')
      throw client.failure(`expected at most ${most} samples, got more; select by labels`)
    }
  }
  const found = seriesByName(series)
  if (!counters.some((name) => found.has(name))) throw await client.noSuchMetric(counters)
  return { series: found, step_s, notes: [...new Set(notes)] }
}

/** Whole intervals of scrapes, so that as many are in every step. */
function stepOf({ window, step_s }: PrometheusOptions, interval_s: number | null): number {
  const seconds = window.to_s - window.from_s
  const unit = interval_s ?? step_s ?? Math.min(ASSUMED_STEP_S, seconds / 10)
  const least = seconds / MOST_STEPS
  return unit * Math.max(1, Math.ceil(Math.max(least, step_s ?? 0) / unit - 1e-9))
}

/** Windows of at most `MOST_POINTS` points, at a moment between two scrapes. */
function piecesOf({ from_s, to_s }: TimeWindow, step_s: number, scrapes: Scrapes | null) {
  const points = Math.floor((to_s - from_s) / step_s) + 1
  if (points < 2 || points > MOST_STEPS + 1) {
    const problem = `expected from 2 to ${MOST_STEPS} steps of ${step_s} s`
    throw new Failure(`${problem}, got a window of ${to_s - from_s} s`)
  }
  const { interval_s, moment_s } = scrapes ?? { interval_s: step_s, moment_s: from_s }
  const pieces: TimeWindow[] = []
  const first = from_s + modulo(moment_s - from_s, interval_s)
  for (let at = first; at <= to_s; at += MOST_POINTS * step_s) {
    pieces.push({ from_s: at, to_s: Math.min(to_s, at + (MOST_POINTS - 1) * step_s) })
  }
  return pieces
}

const modulo = (value: number, divisor: number) => ((value % divisor) + divisor) % divisor

interface Scrapes {
  readonly interval_s: number
  /** s since 1970, far from the scrapes of all servers: at one, chance decides whether it counts */
  readonly moment_s: number
}

/** The middle of the longest time without a scrape. */
function quietMoment(scrapes_s: readonly number[], interval_s: number): number {
  const phases = scrapes_s.map((at) => at % interval_s).sort((a, b) => a - b)
  const gaps = phases.map((phase, i) => (phases[i + 1] ?? phases[0]! + interval_s) - phase)
  const longest = gaps.indexOf(gaps.reduce((most, gap) => Math.max(most, gap), 0))
  return phases[longest]! + gaps[longest]! / 2
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly location: string | null
  readonly text: string
}

/** A client of the HTTP API: Prometheus 2.53, docs/querying/api.md. */
class PrometheusClient {
  readonly #options: PrometheusOptions
  readonly #base: URL
  readonly #headers: Readonly<Record<string, string>>

  constructor(options: PrometheusOptions) {
    this.#options = options
    for (const label of options.labels?.keys() ?? []) {
      if (LABEL.test(label)) continue
      throw new Failure(`expected the name of a label, got ${describeValue(label)}`)
    }
    this.#base = addressOf(options)
    this.#headers = { accept: 'application/json', ...authorisation(options, this.#base) }
  }

  /** The interval of scrapes before the end of the window, or its middle; null without samples. */
  async scrapes(names: readonly string[]): Promise<Scrapes | null> {
    const { from_s, to_s } = this.#options.window
    for (const at of [to_s, (from_s + to_s) / 2]) {
      for (const name of names) {
        const query = `${this.#selector(name)}[${PROBED_S}s]`
        const { series } = await this.#matrix('query', { query, time: at.toFixed(3) })
        const interval_s = roundedInterval(usualGap(series))
        const last = series.flatMap(({ times }) => times.at(-1) ?? [])
        if (interval_s > 0) return { interval_s, moment_s: quietMoment(last, interval_s) }
      }
    }
    return null
  }

  /** Samples of a metric; those that are older than a scrape are left out. */
  range(name: string, { from_s, to_s }: TimeWindow, step_s: number, interval_s: number | null) {
    const selector = this.#selector(name)
    const limit = interval_s === null ? '' : (FRESH_INTERVALS * interval_s).toFixed(3)
    const fresh = ` and (time() - timestamp(${selector}) < ${limit})`
    return this.#matrix('query_range', {
      query: interval_s === null ? selector : selector + fresh,
      start: from_s.toFixed(3),
      end: to_s.toFixed(3),
      step: String(step_s),
    })
  }

  /** What to report for metrics without samples: those that the server has instead. */
  async noSuchMetric(names: readonly string[]): Promise<Failure> {
    const { status, text } = await this.#get('label/__name__/values', {})
    const known = status === 200 ? namesIn(text) : []
    const [first = ''] = names
    const stem = /^[a-z]+/.exec(first)?.[0] ?? first
    const similar = nearNames(first, known)
    const near = similar.length > 0 ? similar : known.filter((name) => name.startsWith(stem))
    const has = near.length === 0 ? 'none like it' : near.slice(0, 10).join(', ')
    const labels = this.#options.labels?.size ? ' with these labels' : ''
    return this.failure(
      `expected samples of ${names.join(' or ')}${labels} in the window, got none; it has ${has}`,
    )
  }

  failure(problem: string): Failure {
    return new Failure(`${this.#base.href}: ${problem}`)
  }

  #selector(name: string): string {
    const labels = [...(this.#options.labels ?? [])].map(
      ([label, value]) => `${label}=${JSON.stringify(value)}`,
    )
    return labels.length === 0 ? name : `${name}{${labels.join(',')}}`
  }

  async #matrix(path: string, parameters: Readonly<Record<string, string>>) {
    const answer = await this.#get(path, parameters)
    try {
      // 400, 422 and 503 have a response that states the error
      return parseRangeResponse(answer.text)
    } catch (error) {
      if (!(error instanceof PrometheusProblem)) throw error
      if (answer.status === 200 && answer.type.includes('json')) throw this.failure(error.message)
      if (answer.type.includes('json') && error.message.startsWith('status:')) {
        throw this.failure(error.message)
      }
      const got = `${answer.status} with ${answer.type || 'no type'}`
      throw this.failure(`expected the API of Prometheus at api/v1/${path}, got ${got}`)
    }
  }

  async #get(path: string, parameters: Readonly<Record<string, string>>): Promise<Answer> {
    const { signal, timeoutMs = TIMEOUT_MS } = this.#options
    const url = new URL(`api/v1/${path}`, this.#base)
    url.search = new URLSearchParams(parameters).toString()
    const timeout = AbortSignal.timeout(timeoutMs)
    const ended = signal === undefined ? timeout : AbortSignal.any([timeout, signal])
    let answer: Answer
    try {
      const response = await fetch(url, {
        headers: this.#headers,
        redirect: 'manual',
        signal: ended,
      })
      answer = {
        status: response.status,
        type: response.headers.get('content-type') ?? '',
        location: response.headers.get('location'),
        text: await this.#textOf(response),
      }
    } catch (error) {
      throwIfAborted(signal)
      if (error instanceof Failure) throw error
      if (timeout.aborted)
        throw this.failure(`expected an answer in ${timeoutMs / 1000} s, got none`)
      throw this.failure(`cannot be asked: ${reasonOf(error)}`)
    }
    const { status, location } = answer
    if (status >= 300 && status < 400) {
      const to = location === null ? '' : ` to ${shortened(location)}`
      throw this.failure(`expected an answer, got a redirect${to}; state that address`)
    }
    if (status === 401 || status === 403) {
      const remedy = 'name the environment variable of a token that it accepts'
      throw this.failure(`expected access, got ${status}; ${remedy}`)
    }
    return answer
  }

  /** The body, which may have no end. */
  async #textOf(response: Response): Promise<string> {
    const { mostBytes = MOST_RESPONSE_BYTES } = this.#options
    const pieces: Uint8Array[] = []
    let bytes = 0
    for await (const piece of response.body ?? []) {
      bytes += piece.length
      if (bytes > mostBytes) {
        const most = `${(mostBytes / 2 ** 20).toPrecision(3)} MiB`
        throw this.failure(`expected an answer of at most ${most}, got more; select by labels`)
      }
      pieces.push(piece)
    }
    return Buffer.concat(pieces).toString('utf8')
  }
}

/** The moments of scrapes vary by milliseconds. */
const roundedInterval = (gap_s: number) =>
  gap_s >= 1 ? Math.round(10 * gap_s) / 10 : Number(gap_s.toPrecision(2))

const LABEL = /^[a-zA-Z_]\w*$/
const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/

function addressOf({ url, allowedHosts = [] }: PrometheusOptions): URL {
  const address = URL.canParse(url) ? new URL(url) : null
  if (address === null || !['http:', 'https:'].includes(address.protocol)) {
    throw new Failure(
      `expected an address such as http://127.0.0.1:9090, got ${describeValue(url)}`,
    )
  }
  if (address.username !== '' || address.password !== '') {
    const remedy = 'state a token by an environment variable'
    throw new Failure(`expected an address without user and password; ${remedy}`)
  }
  const host = address.hostname
  if (!LOOPBACK.test(host) && !allowedHosts.includes(host)) {
    throw new Failure(`expected a loopback address, got ${host}; allow it with --allow-host`)
  }
  const path = address.pathname.replace(/\/?$/, '/').replace(/api\/v1\/.*$/, '')
  return new URL(path, address.origin)
}

/** A token is sent only where no other machine can read it. */
function authorisation({ tokenVariable }: PrometheusOptions, base: URL): Record<string, string> {
  if (tokenVariable === undefined) return {}
  const token = process.env[tokenVariable]?.trim() ?? ''
  // a message on another value must not have it
  if (!/^[\x21-\x7e]{1,8192}$/.test(token)) {
    const got = token === '' ? 'nothing' : 'another text'
    throw new Failure(`expected a token in the environment variable ${tokenVariable}, got ${got}`)
  }
  if (base.protocol !== 'https:' && !LOOPBACK.test(base.hostname)) {
    throw new Failure(`${base.href}: expected https for a token, got http`)
  }
  return { authorization: `Bearer ${token}` }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: is it running there?',
  ECONNRESET: 'the connection was closed',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host cannot be resolved',
  EHOSTUNREACH: 'the host cannot be reached',
  UND_ERR_SOCKET: 'the connection was closed',
}

/** The code of an error of `fetch`, which its cause has. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined
  if (code !== undefined) return REASONS[code] ?? code
  return cause instanceof Error ? shortened(cause.message) : 'the connection failed'
}

/** Names of metrics; none where the text is something else. */
function namesIn(text: string): string[] {
  let answer: unknown
  try {
    if (!hasFewValues(text, MOST_LISTED)) return []
    answer = JSON.parse(text)
  } catch {
    return []
  }
  if (typeof answer !== 'object' || answer === null || !('data' in answer)) return []
  const names: readonly unknown[] = Array.isArray(answer.data) ? answer.data : []
  return names
    .slice(0, MOST_NAMES)
    .filter((name) => typeof name === 'string')
    .filter((name) => name.length <= LONGEST_NAME && /^[\w:]+$/.test(name))
}
