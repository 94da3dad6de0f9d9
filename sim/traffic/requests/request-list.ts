import { sharedMemory } from '../../kernel/index.ts'
import { type Ms, type RequestFields, Requests, type Source } from '../../serving/index.ts'
import type { Rows } from '../../stats/index.ts'
import { RequestHash } from './request-hash.ts'

/** Requests in order of arrival: scheduled time in ms, length, output, class index. */
export interface RequestListColumns {
  readonly at: Float64Array
  readonly inputTokens: Int32Array
  /** tokens to generate; 0 where nothing is generated */
  readonly outputTokens: Int32Array
  readonly class: Uint8Array
  /** prompt prefixes, see `RequestFields`; absent where they are unknown */
  readonly prefixes?: readonly (Int32Array | null)[]
}

/** Requests in their parts, by key of the part. */
export interface PartColumns extends RequestListColumns {
  readonly sendId: Uint32Array
  readonly part: Uint16Array
  /** key of the first copy; -1 for a first copy */
  readonly copyOf: Int32Array
}

/** The columns of these requests, in this order. */
function columnsOf(
  { at, inputTokens, outputTokens, class: classes }: RequestListColumns,
  keys: readonly number[],
): RequestListColumns {
  return {
    at: Float64Array.from(keys, (key) => at[key]!),
    inputTokens: Int32Array.from(keys, (key) => inputTokens[key]!),
    outputTokens: Int32Array.from(keys, (key) => outputTokens[key]!),
    class: Uint8Array.from(keys, (key) => classes[key]!),
  }
}

/** Requests known in advance, in shared memory, so that threads need no copy. */
export class RequestList {
  readonly columns: RequestListColumns

  private constructor(columns: RequestListColumns) {
    this.columns = columns
  }

  static of(columns: RequestListColumns): RequestList {
    return new RequestList(columns)
  }

  static allocate(count: number): RequestList {
    return new RequestList({
      at: new Float64Array(sharedMemory(8 * count)),
      inputTokens: new Int32Array(sharedMemory(4 * count)),
      outputTokens: new Int32Array(sharedMemory(4 * count)),
      class: new Uint8Array(sharedMemory(count)),
    })
  }

  /** All requests of a source, which is empty afterwards. */
  static collect(source: Source): RequestList {
    const times: number[] = []
    const lengths: number[] = []
    const outputs: number[] = []
    const classes: number[] = []
    const prefixes: (Int32Array | null)[] = []
    const slots = new Requests(1)
    for (let at = source.peek(); at !== Number.POSITIVE_INFINITY; at = source.peek()) {
      if (Number.isNaN(at)) throw new Error('Expected all rows of the traces to be at hand')
      source.take(slots, 0)
      times.push(slots.at[0]!)
      lengths.push(slots.inputTokens[0]!)
      outputs.push(slots.outputTokens[0]!)
      classes.push(slots.class[0]!)
      prefixes.push(slots.prefixes.get(0) ?? null)
      slots.prefixes.clear()
    }
    const list = RequestList.allocate(times.length)
    list.columns.at.set(times)
    list.columns.inputTokens.set(lengths)
    list.columns.outputTokens.set(outputs)
    list.columns.class.set(classes)
    return list.with(prefixes)
  }

  /** The same requests with these prompt prefixes. */
  with(prefixes: readonly (Int32Array | null)[]): RequestList {
    const hasPrefixes = prefixes.some((prefix) => prefix !== null)
    return hasPrefixes ? RequestList.of({ ...this.columns, prefixes }) : this
  }

  get count(): number {
    return this.columns.at.length
  }

  /** The requests scheduled before `until`, ms. */
  until(until: Ms): RequestList {
    const { at, inputTokens, outputTokens, class: classes, prefixes } = this.columns
    const after = at.findIndex((time) => time >= until)
    const count = after < 0 ? at.length : after
    return RequestList.of({
      at: at.subarray(0, count),
      inputTokens: inputTokens.subarray(0, count),
      outputTokens: outputTokens.subarray(0, count),
      class: classes.subarray(0, count),
      ...(prefixes && { prefixes: prefixes.slice(0, count) }),
    })
  }

  /** The requests whose scheduled time `keeps`. */
  where(keeps: (at: Ms) => boolean): RequestList {
    const { columns } = this
    const keys = [...columns.at.keys()].filter((key) => keeps(columns.at[key]!))
    const prefixes = keys.map((key) => columns.prefixes?.[key] ?? null)
    return RequestList.of(columnsOf(columns, keys)).with(prefixes)
  }

  /** Equals the hash of the source of the list. */
  hash(): string {
    const hash = new RequestHash()
    const { at, prefixes } = this.columns
    for (let i = 0; i < at.length; i++) {
      hash.add(this.columns, i)
      const prefix = prefixes?.[i]
      if (prefix) hash.addPrefix(prefix)
    }
    return hash.digest()
  }
}

/** The requests of raw rows, for a source that is not known in advance. */
export function requestsIn({ columns, count, prefixes }: Rows): RequestList {
  // the first copy of the first part of a fan-out represents the request of the client
  const first = [...Array(count).keys()].filter(
    (key) => columns.part[key] === 0 && columns.copyOf[key]! < 0,
  )
  const list = RequestList.of(columnsOf(columns, first))
  return list.with(first.map((key) => prefixes.get(key) ?? null))
}

/**
 * The parts into which the requests of a list are split on their way to a control plane. `copyOf`:
 * by key, the key of the first copy of what a run sent again; -1 for none.
 */
export function partsOf(
  { columns }: RequestList,
  classes: readonly { readonly fanOut: number }[],
  copyOf: ArrayLike<number> = [],
): PartColumns {
  const sending: number[] = []
  const part: number[] = []
  const addCopies = () => {
    for (let first = copyOf[part.length] ?? -1; first >= 0; first = copyOf[part.length] ?? -1) {
      sending.push(sending[first] ?? 0)
      part.push(part[first] ?? 0)
    }
  }
  for (const [number, classIndex] of columns.class.entries()) {
    addCopies()
    for (let i = 0; i < classes[classIndex]!.fanOut; i++) {
      sending.push(number)
      part.push(i)
    }
  }
  addCopies()
  const { prefixes } = columns
  return {
    ...columnsOf(columns, sending),
    ...(prefixes && { prefixes: sending.map((number) => prefixes[number]!) }),
    sendId: Uint32Array.from(sending),
    part: Uint16Array.from(part),
    copyOf: Int32Array.from(sending, (_, key) => copyOf[key] ?? -1),
  }
}

/** The requests of a list as a source; `sent` replaces the scheduled times. */
export class ListSource implements Source {
  readonly reactsUntil = 0
  readonly #columns: RequestListColumns
  readonly #sent: Float64Array
  #next = 0

  /** `sent`: when each request is sent, ms; rising. */
  constructor(list: RequestList, sent: Float64Array | null = null) {
    this.#columns = list.columns
    this.#sent = sent ?? list.columns.at
  }

  peek(): Ms {
    return this.#next < this.#sent.length ? this.#sent[this.#next]! : Number.POSITIVE_INFINITY
  }

  take(requests: RequestFields, slot: number): boolean {
    const i = this.#next++
    requests.at[slot] = this.#columns.at[i]!
    requests.inputTokens[slot] = this.#columns.inputTokens[i]!
    requests.outputTokens[slot] = this.#columns.outputTokens[i]!
    requests.class[slot] = this.#columns.class[i]!
    requests.attempt[slot] = 1
    requests.firstScheduledAt[slot] = this.#columns.at[i]!
    requests.key[slot] = i
    requests.sendId[slot] = i
    requests.part[slot] = 0
    const prefix = this.#columns.prefixes?.[i]
    if (prefix) requests.prefixes.set(slot, prefix)
    return true
  }

  settled(): void {}
}
