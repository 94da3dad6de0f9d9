/** Largest share of a unit that has not ended: work follows after the end of its traffic. */
const MOST_SHARE = 0.99

/** How many units of work are done, parts included. A message costs no look at all of them. */
export class PartialProgress {
  #ended = 0
  /** of those under way, as many as there are threads */
  readonly #shares = new Map<number, number>()

  /** A share of a unit is done. */
  part(unit: number, share: number): void {
    this.#shares.set(unit, Math.min(share, MOST_SHARE))
  }

  ended(unit: number): void {
    this.#shares.delete(unit)
    this.#ended++
  }

  get underWay(): number {
    return this.#shares.size
  }

  get done(): number {
    let sum = this.#ended
    for (const share of this.#shares.values()) sum += share
    return sum
  }
}
