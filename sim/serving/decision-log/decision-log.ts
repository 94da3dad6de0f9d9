import { Failure } from '../../../scenarios/failure.ts'
import { type ControlPlanePort, type Ms, STATUS, type Status } from '../ports.ts'

/** Kinds of journal entries, and what `id`, `a` and `b` mean. */
export const LOGGED = {
  /** id: the request's key */
  arrival: 0,
  /** id: timer */
  timer: 1,
  /** id: executor, a: started, b: ended, status: as STATUS */
  done: 2,
  end: 3,
  /** id: executor, a: the first step's ms, b: the last one's, status: steps */
  steps: 4,
  /** id: executor, status: 1 where it is resident now */
  loaded: 5,
} as const

const WIDTH = 6

/** Every event that a control plane received, in order: six numbers an entry. */
export class LoggingControlPlane implements ControlPlanePort {
  readonly #inner: ControlPlanePort
  readonly #keys: { readonly key: Uint32Array }
  #entries = new Float64Array(WIDTH * 1024)
  #length = 0

  constructor(inner: ControlPlanePort, requests: { readonly key: Uint32Array }) {
    this.#inner = inner
    this.#keys = requests
  }

  onArrival(now: Ms, request: number): void {
    this.#write(now, LOGGED.arrival, this.#keys.key[request]!, 0, 0, 0)
    this.#inner.onArrival(now, request)
  }

  onTimer(now: Ms, timer: number): void {
    this.#write(now, LOGGED.timer, timer, 0, 0, 0)
    this.#inner.onTimer(now, timer)
  }

  onDone(now: Ms, executor: number, started: Ms, ended: Ms, status: Status): void {
    this.#write(now, LOGGED.done, executor, started, ended, status)
    this.#inner.onDone(now, executor, started, ended, status)
  }

  onSteps(now: Ms, executor: number, steps: number, firstMs: Ms, lastMs: Ms): void {
    this.#write(now, LOGGED.steps, executor, firstMs, lastMs, steps)
    this.#inner.onSteps(now, executor, steps, firstMs, lastMs)
  }

  onLoaded(now: Ms, executor: number, ok: boolean): void {
    this.#write(now, LOGGED.loaded, executor, 0, 0, ok ? 1 : 0)
    this.#inner.onLoaded(now, executor, ok)
  }

  onEnd(now: Ms): void {
    this.#write(now, LOGGED.end, 0, 0, 0, 0)
    this.#inner.onEnd(now)
  }

  get waiting(): number {
    return this.#inner.waiting
  }

  /** The entries so far: [now, kind, id, a, b, status] each. */
  entries(): Float64Array {
    return this.#entries.slice(0, this.#length)
  }

  #write(now: Ms, kind: number, id: number, a: number, b: number, status: number): void {
    if (this.#length + WIDTH > this.#entries.length) {
      const grown = new Float64Array(this.#entries.length * 2)
      grown.set(this.#entries)
      this.#entries = grown
    }
    this.#entries.set([now, kind, id, a, b, status], this.#length)
    this.#length += WIDTH
  }
}

const EVENTS = ['arrival', 'timer', 'done', 'end', 'steps', 'loaded'] as const

/** One event that a control plane received. */
export interface LogEntry {
  readonly now: Ms
  readonly event: (typeof EVENTS)[number]
  /** key of the request, number of the timer or of the executor */
  readonly id: number
  /** of the batch that is done; 0 for other events */
  readonly started: Ms
  readonly ended: Ms
  readonly status: Status
  /** of a load: whether the model is resident now; false for other events */
  readonly ok: boolean
  /** of the run that ended; 0 for other events */
  readonly firstMs: Ms
  readonly lastMs: Ms
  readonly steps: number
}

/** The entries of a journal one by one, in their order. */
export function* logEntries(journal: Float64Array): Generator<LogEntry> {
  for (let i = 0; i + WIDTH <= journal.length; i += WIDTH) {
    const event = EVENTS[journal[i + 1]!]!
    const [a, b, c] = [journal[i + 3]!, journal[i + 4]!, journal[i + 5]!]
    const run = event === 'steps'
    const load = event === 'loaded'
    yield {
      now: journal[i]!,
      event,
      id: journal[i + 2]!,
      started: run ? 0 : a,
      ended: run ? 0 : b,
      status: run || load ? STATUS.ok : (c as Status),
      ok: load && c === 1,
      firstMs: run ? a : 0,
      lastMs: run ? b : 0,
      steps: run ? c : 0,
    }
  }
}

const LINES_AT_ONCE = 1000

/** A journal as JSON Lines in chunks, one entry a line, times in ms. */
export function* logLines(journal: Float64Array): Generator<string> {
  let chunk = ''
  let lines = 0
  for (const entry of logEntries(journal)) {
    const { now, event, id } = entry
    chunk += `${JSON.stringify({ now, event, id, ...moreOf(entry) })}\n`
    if (++lines % LINES_AT_ONCE > 0) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}

function moreOf({ event, started, ended, status, firstMs, lastMs, steps, ok }: LogEntry) {
  if (event === 'done') return { started, ended, status }
  if (event === 'steps') return { firstMs, lastMs, steps }
  return event === 'loaded' ? { ok } : {}
}

/** Reads what `journalLines` wrote. Throws `Failure` that names the first line that is no entry. */
export function parseLog(lines: readonly string[], file: string): Float64Array {
  const journal = new Float64Array(lines.length * WIDTH)
  let length = 0
  lines.forEach((line, i) => {
    if (line === '') return
    const entry = parseEntry(line)
    if (entry === null) {
      throw new Failure(
        `${file}:${i + 1}: expected an entry of a journal, got ${line.slice(0, 60)}`,
      )
    }
    journal.set(entry, length)
    length += WIDTH
  })
  return journal.slice(0, length)
}

function parseEntry(line: string): number[] | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  const told = (value ?? {}) as Record<string, unknown>
  const { now, event, id } = told
  const kind = EVENTS.indexOf(event as LogEntry['event'])
  const entry: unknown[] = [now, kind, id, ...numbersOf(told)]
  return kind >= 0 && entry.every(Number.isFinite) ? (entry as number[]) : null
}

function numbersOf({ event, ...told }: Record<string, unknown>): readonly unknown[] {
  if (event === 'done') return [told.started, told.ended, told.status]
  if (event === 'steps') return [told.firstMs, told.lastMs, told.steps]
  if (event !== 'loaded') return [0, 0, 0]
  return [0, 0, typeof told.ok === 'boolean' ? Number(told.ok) : Number.NaN]
}
