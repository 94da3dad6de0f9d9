import type { Ms, Requests } from '../../sim/serving/index.ts'

/** What a connection gets of a request whose answer is a stream, in place of a batch. */
export interface Call {
  readonly key: number
  readonly class: number
  /** what its prompt begins with, a number for every 512 tokens; null where it is not known */
  readonly prefix: Int32Array | null
  readonly inputTokens: number
  readonly outputTokens: number
}

/** What it has of the answer. */
export interface Answered {
  /** NaN where none came */
  readonly firstToken: Ms
  /** whether the server has not stated how many tokens came */
  readonly uncounted: boolean
}

/** The shared memory between a dispatcher and a connection. */
export interface CallMemoryParts {
  readonly words: SharedArrayBuffer
  readonly times: SharedArrayBuffer
}

type Columns = Pick<Requests, 'key' | 'class' | 'prefixes' | 'inputTokens' | 'outputTokens'>

const [KEY, CLASS, INPUT, OUTPUT, UNCOUNTED, PREFIX] = [0, 1, 2, 3, 4, 5] as const
const HEADER = 6
/** Of a prompt of a million tokens; later ones are its own, as far as the server sees. */
const MOST_PREFIX = 2048

export const callMemory = (): CallMemoryParts => ({
  words: new SharedArrayBuffer(4 * (HEADER + MOST_PREFIX)),
  times: new SharedArrayBuffer(8),
})

/**
 * Passes a request to a connection, and what came of its answer back. Only the side that the
 * mailbox of the connection lets go on may use it.
 */
export class CallMemory {
  readonly #words: Int32Array
  readonly #times: Float64Array

  constructor({ words, times }: CallMemoryParts) {
    this.#words = new Int32Array(words)
    this.#times = new Float64Array(times)
  }

  // the dispatcher's side

  write(request: number, columns: Columns): void {
    const words = this.#words
    const prefix = columns.prefixes.get(request)
    words[KEY] = columns.key[request]!
    words[CLASS] = columns.class[request]!
    words[INPUT] = columns.inputTokens[request]!
    words[OUTPUT] = columns.outputTokens[request]!
    words[PREFIX] = prefix === undefined ? -1 : Math.min(prefix.length, MOST_PREFIX)
    if (prefix !== undefined) words.set(prefix.subarray(0, MOST_PREFIX), HEADER)
  }

  get answered(): Answered {
    return { firstToken: this.#times[0]!, uncounted: this.#words[UNCOUNTED] === 1 }
  }

  // the connection's side

  read(): Call {
    const words = this.#words
    const length = words[PREFIX]!
    return {
      // keys are below 2^32
      key: words[KEY]! >>> 0,
      class: words[CLASS]!,
      prefix: length < 0 ? null : words.slice(HEADER, HEADER + length),
      ...{ inputTokens: words[INPUT]!, outputTokens: words[OUTPUT]! },
    }
  }

  finish({ firstToken, uncounted }: Answered): void {
    this.#times[0] = firstToken
    this.#words[UNCOUNTED] = uncounted ? 1 : 0
  }
}
