/** The most rows that are folded at once: their columns stay in the cache of a core. */
export const ROWS = 512

/** Durations or times, ms; `words` are their bytes, by which histograms find buckets. */
export class Column {
  readonly values = new Float64Array(ROWS)
  readonly words = new Int32Array(this.values.buffer)

  constructor(ms = 0) {
    this.values.fill(ms)
  }
}

/**
 * Requests that were in a batch and have ended, in that order: a row each. Figures fold them by the
 * hundred, in loops over columns, in place of a call for each request.
 */
export class EndedRequests {
  count = 0
  readonly class = new Uint8Array(ROWS)
  readonly pool = new Uint16Array(ROWS)
  readonly outcome = new Uint8Array(ROWS)
  readonly attempt = new Uint8Array(ROWS)
  /** when its client had the answer */
  readonly ended = new Column()
  /** when it was sent, and when it was scheduled: it may have waited at its client */
  readonly at = new Column()
  readonly scheduled = new Column()
  readonly latency = new Column()
  readonly lag = new Column()
  readonly queue = new Column()
  readonly batchWait = new Column()
  readonly overhead = new Column()
  readonly service = new Column()
  /** of the request and its answer, where networks carry them */
  readonly network = new Column()
  areCarried = false
  /** NaN for what is not generated; the second also for a single token */
  readonly ttft = new Column(Number.NaN)
  readonly tpot = new Column(Number.NaN)
  /** whether any pool generates */
  readonly haveTokens: boolean

  constructor({ haveTokens = false } = {}) {
    this.haveTokens = haveTokens
  }
}

/** Batches that have ended, in order of time; folded in the same way. */
export class EndedBatches {
  count = 0
  readonly executor = new Int32Array(ROWS)
  readonly size = new Int32Array(ROWS)
  /** lengths of its members; below, what was computed for them, padding included */
  readonly tokens = new Float64Array(ROWS)
  readonly computed = new Float64Array(ROWS)
  readonly dispatched = new Float64Array(ROWS)
  readonly started = new Float64Array(ROWS)
  readonly ended = new Float64Array(ROWS)
  /** when the dispatcher saw its end */
  readonly done = new Float64Array(ROWS)
  /** its duration at speed 1, ms */
  readonly expected = new Float64Array(ROWS)
}

/** Changes of the number of waiting requests, in order of time; folded in the same way. */
export class QueueChanges {
  count = 0
  readonly at = new Float64Array(ROWS)
  /** by how many: above 0 for a request that came, below for those that left */
  readonly by = new Int32Array(ROWS)
  /** 1 where they left as a batch, 0 where one was lost */
  readonly isBatch = new Uint8Array(ROWS)

  add(at: number, by: number, isBatch: number): void {
    const row = this.count++
    this.at[row] = at
    this.by[row] = by
    this.isBatch[row] = isBatch
  }
}

/** Some rows, in their order: the first `count` of `at` are their places. */
export interface PickedRows {
  readonly at: Int32Array
  readonly count: number
}

const EVERY_ROW = Int32Array.from({ length: ROWS }, (_, row) => row)

/** Parts rows by a small whole number of each; mostly all of them have the same. */
export class RowsBy {
  /** of each row; below 0 for one that is left out */
  readonly numbers = new Int32Array(ROWS)
  readonly #first: Int32Array
  readonly #next = new Int32Array(ROWS)
  readonly #occurring: number[] = []
  readonly #picked = { at: new Int32Array(ROWS), count: 0 }

  /** Numbers are below this. */
  constructor(limit: number) {
    this.#first = new Int32Array(limit).fill(-1)
  }

  /** Calls `take` once for each number among the first `count` rows, with the rows that have it. */
  takeEach(count: number, take: (number: number, rows: PickedRows) => void): void {
    const first = this.numbers[0]!
    let row = 1
    while (row < count && this.numbers[row] === first) row++
    if (row < count) this.#takeParts(count, take)
    else if (count > 0 && first >= 0) take(first, { at: EVERY_ROW, count })
  }

  #takeParts(count: number, take: (number: number, rows: PickedRows) => void): void {
    for (let row = count - 1; row >= 0; row--) {
      const number = this.numbers[row]!
      if (number < 0) continue
      if (this.#first[number] === -1) this.#occurring.push(number)
      this.#next[row] = this.#first[number]!
      this.#first[number] = row
    }
    const picked = this.#picked
    for (const number of this.#occurring) {
      picked.count = 0
      for (let row = this.#first[number]!; row >= 0; row = this.#next[row]!) {
        picked.at[picked.count++] = row
      }
      this.#first[number] = -1
      take(number, picked)
    }
    this.#occurring.length = 0
  }
}
