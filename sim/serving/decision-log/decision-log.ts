import { Failure } from '../../../scenarios/failure.ts'
import { grown } from '../../kernel/index.ts'
import type { ControlPlanePort, ExecutorState, Ms, Status, StepRun } from '../ports.ts'

/** Kinds of entries, and what `id`, `a`, `b` and `c` mean. */
export const LOGGED = {
  /** id: the request's key */
  arrival: 0,
  /** id: timer */
  timer: 1,
  /** id: executor, a: started, b: ended, c: as STATUS */
  done: 2,
  end: 3,
  /** id: executor, a: the first step's ms, b: the last one's, c: steps */
  steps: 4,
  /** id: executor, c: 1 where it is resident now */
  loaded: 5,
  /** id: executor, c: as `STATES` */
  executor: 6,
  /** id: the request's key */
  delivered: 7,
  /** id: executor, a: end of a step of the run that ends next, ms since it was sent */
  step: 8,
  /** id: executor, a: when it began the run that ends next, b: when it ended that, likewise */
  ran: 9,
} as const

const WIDTH = 6
const STATES: readonly ExecutorState[] = ['up', 'draining', 'down']

/** Every event that a control plane received, in order: six numbers an entry. */
export class LoggingControlPlane implements ControlPlanePort {
  readonly #inner: ControlPlanePort
  readonly #keys: { readonly key: Uint32Array }
  /** by executor */
  readonly #runs: readonly StepRun[]
  #entries = new Float64Array(WIDTH * 1024)
  #length = 0

  /** `runs`: the run that each executor has, or had last. */
  constructor(
    inner: ControlPlanePort,
    requests: { readonly key: Uint32Array },
    runs: readonly StepRun[],
  ) {
    this.#inner = inner
    this.#keys = requests
    this.#runs = runs
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
    const { stepEnds, ran } = this.#runs[executor] ?? {}
    if (ran) this.#write(now, LOGGED.ran, executor, ran.beganMs, ran.endedMs, 0)
    for (const end of stepEnds?.subarray(0, steps) ?? []) {
      this.#write(now, LOGGED.step, executor, end, 0, 0)
    }
    this.#write(now, LOGGED.steps, executor, firstMs, lastMs, steps)
    this.#inner.onSteps(now, executor, steps, firstMs, lastMs)
  }

  onLoaded(now: Ms, executor: number, ok: boolean): void {
    this.#write(now, LOGGED.loaded, executor, 0, 0, ok ? 1 : 0)
    this.#inner.onLoaded(now, executor, ok)
  }

  onExecutor(now: Ms, executor: number, state: ExecutorState): void {
    this.#write(now, LOGGED.executor, executor, 0, 0, STATES.indexOf(state))
    this.#inner.onExecutor(now, executor, state)
  }

  onDelivered(now: Ms, request: number): void {
    this.#write(now, LOGGED.delivered, this.#keys.key[request]!, 0, 0, 0)
    this.#inner.onDelivered(now, request)
  }

  onEnd(now: Ms): void {
    this.#write(now, LOGGED.end, 0, 0, 0, 0)
    this.#inner.onEnd(now)
  }

  get waiting(): number {
    return this.#inner.waiting
  }

  /** The entries so far: [now, kind, id, a, b, c] each. */
  entries(): Float64Array {
    return this.#entries.slice(0, this.#length)
  }

  #write(now: Ms, kind: number, id: number, a: number, b: number, c: number): void {
    if (this.#length + WIDTH > this.#entries.length) {
      this.#entries = grown(this.#entries, 2 * this.#entries.length)
    }
    this.#entries.set([now, kind, id, a, b, c], this.#length)
    this.#length += WIDTH
  }
}

const EVENTS = Object.keys(LOGGED) as (keyof typeof LOGGED)[]

/** One event that a control plane received. `id`: key of the request, else timer or executor. */
export type LogEntry = { readonly now: Ms; readonly id: number } & (
  | { readonly event: 'arrival' | 'delivered' | 'timer' | 'end' }
  | { readonly event: 'done'; readonly started: Ms; readonly ended: Ms; readonly status: Status }
  | { readonly event: 'steps'; readonly firstMs: Ms; readonly lastMs: Ms; readonly steps: number }
  /** of a run that ends next, in order; times since it was sent */
  | { readonly event: 'step'; readonly endMs: Ms }
  | { readonly event: 'ran'; readonly beganMs: Ms; readonly endedMs: Ms }
  /** whether the model is resident now */
  | { readonly event: 'loaded'; readonly ok: boolean }
  | { readonly event: 'executor'; readonly state: ExecutorState }
)

/** The entries of a decision log one by one, in their order. */
export function* logEntries(log: Float64Array): Generator<LogEntry> {
  for (let i = 0; i + WIDTH <= log.length; i += WIDTH) {
    const event = EVENTS[log[i + 1]!]!
    const head = { now: log[i]!, id: log[i + 2]! }
    const [a, b, c] = [log[i + 3]!, log[i + 4]!, log[i + 5]!]
    if (event === 'done') yield { ...head, event, started: a, ended: b, status: c as Status }
    else if (event === 'steps') yield { ...head, event, firstMs: a, lastMs: b, steps: c }
    else if (event === 'step') yield { ...head, event, endMs: a }
    else if (event === 'ran') yield { ...head, event, beganMs: a, endedMs: b }
    else if (event === 'loaded') yield { ...head, event, ok: c === 1 }
    else if (event === 'executor') yield { ...head, event, state: STATES[c]! }
    else yield { ...head, event }
  }
}

const LINES_AT_ONCE = 1000

/** A decision log as JSON Lines in chunks, one entry a line, times in ms. */
export function* logLines(log: Float64Array): Generator<string> {
  let chunk = ''
  let lines = 0
  for (const { now, event, id, ...more } of logEntries(log)) {
    chunk += `${JSON.stringify({ now, event, id, ...more })}\n`
    if (++lines % LINES_AT_ONCE > 0) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}

/** Reads what `logLines` wrote. Throws `Failure` that names the first line that is no entry. */
export function parseLog(lines: readonly string[], file: string): Float64Array {
  const log = new Float64Array(lines.length * WIDTH)
  let length = 0
  lines.forEach((line, i) => {
    if (line === '') return
    const entry = parseEntry(line)
    if (entry === null) {
      const got = line.slice(0, 60)
      throw new Failure(`${file}:${i + 1}: expected an entry of a decision log, got ${got}`)
    }
    log.set(entry, length)
    length += WIDTH
  })
  return log.slice(0, length)
}

function parseEntry(line: string): number[] | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  const fields = (value ?? {}) as Record<string, unknown>
  const kind = EVENTS.indexOf(fields.event as LogEntry['event'])
  const entry: unknown[] = [fields.now, kind, fields.id, ...numbersOf(fields)]
  return kind >= 0 && entry.every(Number.isFinite) ? (entry as number[]) : null
}

function numbersOf({ event, ...fields }: Record<string, unknown>): readonly unknown[] {
  if (event === 'done') return [fields.started, fields.ended, fields.status]
  if (event === 'steps') return [fields.firstMs, fields.lastMs, fields.steps]
  if (event === 'step') return [fields.endMs, 0, 0]
  if (event === 'ran') return [fields.beganMs, fields.endedMs, 0]
  if (event === 'executor') return [0, 0, indexOrNaN(STATES.indexOf(fields.state as ExecutorState))]
  if (event !== 'loaded') return [0, 0, 0]
  return [0, 0, typeof fields.ok === 'boolean' ? Number(fields.ok) : Number.NaN]
}

function indexOrNaN(index: number): number {
  return index < 0 ? Number.NaN : index
}
