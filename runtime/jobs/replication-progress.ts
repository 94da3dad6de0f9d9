/** Most that counts of a replication that has not ended: the drain after its traffic takes more. */
const MOST_SHARE = 0.99

/** How many replications are done, parts included. A message costs no look at all of them. */
export class ReplicationProgress {
  #ended = 0
  /** of those under way, as many as there are threads */
  readonly #shares = new Map<number, number>()

  /** A share of a replication is done. */
  part(replication: number, share: number): void {
    this.#shares.set(replication, Math.min(share, MOST_SHARE))
  }

  ended(replication: number): void {
    this.#shares.delete(replication)
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
