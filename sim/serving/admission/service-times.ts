import type { Ms } from '../ports.ts'

/** Weight of the newest batch. */
const GAIN = 1 / 16

/** Exponentially weighted means over the batches that have ended. */
export class ServiceTimes {
  /** time of an executor per batch; NaN before the first batch */
  batchMs: Ms = Number.NaN
  /** requests in a batch; NaN before the first batch */
  batchSize = Number.NaN

  get known(): boolean {
    return !Number.isNaN(this.batchMs)
  }

  observe(tookMs: Ms, size: number): void {
    if (this.known) {
      this.batchMs += GAIN * (tookMs - this.batchMs)
      this.batchSize += GAIN * (size - this.batchSize)
    } else {
      this.batchMs = tookMs
      this.batchSize = size
    }
  }

  /** From an arrival to the end of its batch, with so many requests before it on each executor. */
  sojournMs(load: number): Ms {
    return (load / this.batchSize) * this.batchMs + this.batchMs
  }
}
