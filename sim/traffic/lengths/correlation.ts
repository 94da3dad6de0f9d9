/** Pearson's correlation of a stream of pairs. */
export class Correlation {
  #count = 0
  /** sums are of differences from the first pair, to avoid cancellation */
  #firstX = 0
  #firstY = 0
  #x = 0
  #y = 0
  #xx = 0
  #yy = 0
  #xy = 0

  add(valueX: number, valueY: number): void {
    if (this.#count++ === 0) {
      this.#firstX = valueX
      this.#firstY = valueY
    }
    const x = valueX - this.#firstX
    const y = valueY - this.#firstY
    this.#x += x
    this.#y += y
    this.#xx += x * x
    this.#yy += y * y
    this.#xy += x * y
  }

  /** Null where one side is constant. */
  coefficient(): number | null {
    const n = this.#count
    const spreads = (n * this.#xx - this.#x ** 2) * (n * this.#yy - this.#y ** 2)
    if (!(spreads > 0)) return null
    return (n * this.#xy - this.#x * this.#y) / Math.sqrt(spreads)
  }
}
