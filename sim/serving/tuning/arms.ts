import type { WindowView } from './control.ts'

/** What windows say of each value: sums of rewards, which count less the older they are. */
export class Arms {
  readonly windows: Float64Array
  readonly rewards: Float64Array
  readonly squares: Float64Array
  readonly #discount: number

  constructor(values: number, discount: number) {
    this.windows = new Float64Array(values)
    this.rewards = new Float64Array(values)
    this.squares = new Float64Array(values)
    this.#discount = discount
  }

  /** The number of a value without a window; -1 for none. */
  get untried(): number {
    return this.windows.indexOf(0)
  }

  /**
   * A window has ended in which the value of that number was set, or -1 for one that is not among
   * them. Returns its reward: the share of its requests that ended within the target.
   */
  record(arm: number, { met, ended }: WindowView): number {
    const reward = met / ended
    for (let i = 0; i < this.windows.length; i++) {
      this.windows[i]! *= this.#discount
      this.rewards[i]! *= this.#discount
      this.squares[i]! *= this.#discount
    }
    if (arm >= 0) {
      this.windows[arm]! += 1
      this.rewards[arm]! += reward
      this.squares[arm]! += reward ** 2
    }
    return reward
  }
}
