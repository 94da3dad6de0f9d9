import { paddedLength } from '../batching/padding.ts'
import type { PoolPlan } from '../plan.ts'
import type { Ledger } from './ledger.ts'

/** Which requests may join a batch under assembly: it grows while it fits. */
export class BatchFit {
  readonly #ledger: Ledger
  #pool: PoolPlan | null = null
  #executor = 0
  #size = 0
  #longest = 1
  #tokens = 0

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  /** A batch begins with a request of that length. */
  open(executor: number, pool: PoolPlan, length: number): void {
    this.#executor = executor
    this.#pool = pool
    this.#size = 1
    this.#longest = Math.max(1, length)
    this.#tokens = length
  }

  /** Adds a request of that length; false where it does not fit. */
  takes(length: number): boolean {
    const pool = this.#pool!
    const size = this.#size + 1
    const longest = Math.max(this.#longest, length)
    const tokens = this.#tokens + length
    const computed = pool.ragged ? tokens / size : paddedLength(pool, longest)
    if (!this.#ledger.fits(this.#executor, size, computed)) return false
    this.#size = size
    this.#longest = longest
    this.#tokens = tokens
    return true
  }
}
