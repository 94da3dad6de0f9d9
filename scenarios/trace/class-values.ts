/** More values than this are those of an identity, such as a user, and not of classes. */
const MOST_VALUES = 10_000

/** The values of the class column of a trace, numbered in the order of their first rows. */
export class ClassValues {
  readonly #numbers = new Map<string, number>()
  readonly #counts: number[] = []
  readonly #key: string

  /** `key`: the key of the class column, as the user sets it */
  constructor(key: string) {
    this.#key = key
  }

  /** The number of a value; null where there are too many. Counts the row. */
  add(value: unknown): number | null {
    // a row without the value is in a class of its own: ''
    const text = value === undefined || value === null ? '' : String(value).trim()
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.#numbers.size
      if (number === MOST_VALUES) return null
      this.#numbers.set(text, number)
      this.#counts.push(0)
    }
    this.#counts[number]!++
    return number
  }

  /** The problem of a file with too many values. */
  get tooMany(): string {
    const limit = MOST_VALUES.toLocaleString('en-US')
    return `expected at most ${limit} values of classes, got more; set ${this.#key} to another column`
  }

  get names(): readonly string[] {
    return [...this.#numbers.keys()]
  }

  /** Rows by value, the most frequent first. */
  counts(): readonly (readonly [value: string, rows: number])[] {
    const counted = [...this.#numbers].map(
      ([value, number]) => [value, this.#counts[number]!] as const,
    )
    return counted.sort((a, b) => b[1] - a[1])
  }

  numberOf(value: string): number | null {
    return this.#numbers.get(value) ?? null
  }
}
