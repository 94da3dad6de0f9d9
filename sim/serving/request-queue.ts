/** First in, first out: a ring of request slots that grows by doubling. */
export class RequestQueue {
  length = 0
  #ring = new Int32Array(16)
  #head = 0

  push(request: number): void {
    if (this.length === this.#ring.length) this.#grow()
    this.#ring[(this.#head + this.length++) & (this.#ring.length - 1)] = request
  }

  /** The request that has waited longest; the queue must not be empty. */
  first(): number {
    return this.#ring[this.#head]!
  }

  shift(): number {
    const request = this.#ring[this.#head]!
    this.#head = (this.#head + 1) & (this.#ring.length - 1)
    this.length--
    return request
  }

  #grow(): void {
    const ring = new Int32Array(this.#ring.length * 2)
    ring.set(this.#ring.subarray(this.#head))
    ring.set(this.#ring.subarray(0, this.#head), this.#ring.length - this.#head)
    this.#ring = ring
    this.#head = 0
  }
}
