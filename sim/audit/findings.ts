/** A promise that was not kept. */
export interface Violation {
  readonly rule: string
  /** names the rows, the times, and what was expected */
  readonly text: string
  readonly rows: readonly number[]
}

export interface RuleReport {
  readonly rule: string
  /** in one line of words */
  readonly promise: string
  /** things that the rule looked at */
  readonly checked: number
  readonly violations: number
  /** at most 5 */
  readonly first: readonly Violation[]
}

const KEPT = 5
const NAMED = 12

/** What one rule finds in one run. */
export class Findings {
  /** things looked at; rules count them */
  checked = 0
  #violations = 0
  readonly #first: Violation[] = []
  readonly #rule: string

  constructor(rule: string) {
    this.#rule = rule
  }

  /** `text` is only called for the few violations that are kept. */
  violated(rows: readonly number[], text: () => string): void {
    if (this.#violations++ >= KEPT) return
    this.#first.push({ rule: this.#rule, rows, text: `${rowsText(rows)}: ${text()}` })
  }

  report(promise: string): RuleReport {
    const { checked } = this
    return { rule: this.#rule, promise, checked, violations: this.#violations, first: this.#first }
  }
}

function rowsText(rows: readonly number[]): string {
  const named = rows.slice(0, NAMED).join(', ')
  const more = rows.length > NAMED ? ` and ${rows.length - NAMED} more` : ''
  return `${rows.length === 1 ? 'row' : 'rows'} ${named}${more}`
}

/** A time or a duration as messages print it. */
export const ms = (value: number) => `${value.toFixed(3)} ms`
