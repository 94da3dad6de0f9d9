import type { Ms } from '../../sim/serving/index.ts'

/**
 * Wall clock in ms since an epoch that all threads and processes of a replay share. It reads
 * `performance.now()`, which allocates nothing, shifted once to the system's monotonic clock.
 */
export class WallClock {
  readonly #shift: number

  /** `epochNs`: a reading of `process.hrtime.bigint()`, taken in any thread or process. */
  constructor(epochNs: bigint) {
    let shift = Number.POSITIVE_INFINITY
    for (let i = 0; i < 20; i++) {
      // the tightest of several readings, since the thread may be pre-empted between the two calls
      const before = performance.now()
      const reading = Number(process.hrtime.bigint() - epochNs) / 1e6
      shift = Math.min(shift, reading - before)
    }
    this.#shift = shift
  }

  now(): Ms {
    return performance.now() + this.#shift
  }
}
