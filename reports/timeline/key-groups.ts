/** Keys of requests by group, rising within each; in 4 bytes a request. */
export class KeyGroups {
  readonly #keys: Int32Array
  /** of each group, where its keys begin; and where the last one ends */
  readonly #starts: Int32Array

  /** Keys of a negative group are in none. */
  constructor(count: number, groups: number, groupOf: (key: number) => number) {
    const starts = new Int32Array(groups + 1)
    for (let key = 0; key < count; key++) {
      const group = groupOf(key)
      if (group >= 0) starts[group + 1]!++
    }
    for (let group = 0; group < groups; group++) starts[group + 1]! += starts[group]!
    const next = starts.slice()
    this.#keys = new Int32Array(starts[groups]!)
    for (let key = 0; key < count; key++) {
      const group = groupOf(key)
      if (group >= 0) this.#keys[next[group]!++] = key
    }
    this.#starts = starts
  }

  of(group: number): Int32Array {
    return this.#keys.subarray(this.#starts[group]!, this.#starts[group + 1]!)
  }
}
