import type { ControlPlanePort, Ms, Status } from './ports.ts'

/** Kinds of journal entries, and what `id`, `a` and `b` mean. */
export const JOURNAL = {
  /** id: the request's key */
  arrival: 0,
  /** id: timer */
  timer: 1,
  /** id: executor, a: started, b: ended, status: as STATUS */
  done: 2,
  end: 3,
} as const

const WIDTH = 6

/** Everything that a control plane was told, in order: six numbers an entry. */
export class JournalingControlPlane implements ControlPlanePort {
  readonly #inner: ControlPlanePort
  readonly #keys: { readonly key: Uint32Array }
  #entries = new Float64Array(WIDTH * 1024)
  #length = 0

  constructor(inner: ControlPlanePort, requests: { readonly key: Uint32Array }) {
    this.#inner = inner
    this.#keys = requests
  }

  onArrival(now: Ms, request: number): void {
    this.#write(now, JOURNAL.arrival, this.#keys.key[request]!, 0, 0, 0)
    this.#inner.onArrival(now, request)
  }

  onTimer(now: Ms, timer: number): void {
    this.#write(now, JOURNAL.timer, timer, 0, 0, 0)
    this.#inner.onTimer(now, timer)
  }

  onDone(now: Ms, executor: number, started: Ms, ended: Ms, status: Status): void {
    this.#write(now, JOURNAL.done, executor, started, ended, status)
    this.#inner.onDone(now, executor, started, ended, status)
  }

  onEnd(now: Ms): void {
    this.#write(now, JOURNAL.end, 0, 0, 0, 0)
    this.#inner.onEnd(now)
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

const NAMES = ['arrival', 'timer', 'done', 'end'] as const

/** A journal as JSON Lines, one entry a line, times in ms. */
export function* journalLines(entries: Float64Array): Generator<string> {
  for (let i = 0; i < entries.length; i += WIDTH) {
    const [now, kind, id, started, ended, status] = entries.subarray(i, i + WIDTH)
    const event = NAMES[kind!]
    const entry = event === 'done' ? { now, event, id, started, ended, status } : { now, event, id }
    yield `${JSON.stringify(entry)}\n`
  }
}
