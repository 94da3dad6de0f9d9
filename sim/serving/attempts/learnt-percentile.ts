import { log } from '../../kernel/index.ts'
import type { Ms } from '../ports.ts'

/** Values of one bucket differ by less than 1 %. */
const GROWTH = 1.01
const LEAST_MS = 0.001
const BUCKETS = 2500
/** Before so many answers there is no percentile. */
const LEAST_ANSWERS = 100
/** From so many on, all counts are halved: what was long ago counts for less. */
const MOST_ANSWERS = 100_000

const STEP = log(GROWTH)
const EDGES = edges()

function edges(): Float64Array {
  let edge = LEAST_MS
  return Float64Array.from({ length: BUCKETS }, () => (edge *= GROWTH))
}

/** A percentile of latencies, learnt as answers come: the upper edge of its bucket. */
export class LearntPercentile {
  readonly #p: number
  readonly #counts = new Float64Array(BUCKETS)
  /** answers, and those in buckets below `#bucket` */
  #count = 0
  #below = 0
  #bucket = 0

  /** `p`: 0 to 1. */
  constructor(p: number) {
    this.#p = p
  }

  /** The nearest rank; null before there are enough answers. */
  get value(): Ms | null {
    if (this.#count < LEAST_ANSWERS) return null
    const rank = this.#p * this.#count
    while (this.#below >= rank && this.#bucket > 0) this.#below -= this.#counts[--this.#bucket]!
    while (this.#below + this.#counts[this.#bucket]! < rank && this.#bucket < BUCKETS - 1) {
      this.#below += this.#counts[this.#bucket++]!
    }
    return EDGES[this.#bucket]!
  }

  add(latency: Ms): void {
    const place = Math.floor(log(Math.max(LEAST_MS, latency) / LEAST_MS) / STEP)
    const bucket = Math.min(BUCKETS - 1, Math.max(0, place))
    this.#counts[bucket]!++
    this.#count++
    if (bucket < this.#bucket) this.#below++
    if (this.#count >= MOST_ANSWERS) this.#halve()
  }

  #halve(): void {
    this.#count = this.#below = this.#bucket = 0
    for (let i = 0; i < BUCKETS; i++) {
      this.#counts[i] = this.#counts[i]! / 2
      this.#count += this.#counts[i]!
    }
  }
}
