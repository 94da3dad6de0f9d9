/** Padding efficiency of consecutive requests, in full batches of a fixed size. */
export class PaddedBatches {
  readonly batch: number
  #size = 0
  #longest = 0
  #sum = 0
  #useful = 0
  #padded = 0

  constructor(batch: number) {
    this.batch = batch
  }

  add(length: number): void {
    this.#sum += length
    if (length > this.#longest) this.#longest = length
    if (++this.#size < this.batch) return
    this.#useful += this.#sum
    this.#padded += this.batch * this.#longest
    this.#size = 0
    this.#longest = 0
    this.#sum = 0
  }

  /** NaN before the first full batch. */
  get useful(): number {
    return this.#useful / this.#padded
  }
}
