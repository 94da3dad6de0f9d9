import type { TuningPlan } from '../serving/index.ts'
import type { Evidence } from './evidence/evidence.ts'

/** A promise, and the check of whether a run kept it. */
export interface Rule {
  readonly rule: string
  /** in words, at most 90 characters: a cell of a table */
  readonly promise: string
  /** where networks carry requests: on them as they are sent, or delivered, which is the default */
  readonly on?: 'sends' | 'sends and deliveries'
  /** what it depends on: where one of these is tuned, it needs the changes of the setting */
  readonly settings?: readonly TuningPlan['setting'][]
  check(evidence: Evidence, findings: Findings): void
}

/** A broken promise. */
export interface Violation {
  readonly rule: string
  /** has the rows, the times, and the expected behaviour */
  readonly text: string
  readonly rows: readonly number[]
}

export interface RuleReport {
  readonly rule: string
  /** in words, on one line */
  readonly promise: string
  /** number of checked items */
  readonly checked: number
  readonly violations: number
  /** at most 5 */
  readonly first: readonly Violation[]
}

const KEPT = 5
const NAMED = 12

/** Findings of one rule in one run. */
export class Findings {
  /** number of checked items; rules count them */
  checked = 0
  #violations = 0
  readonly #first: Violation[] = []
  readonly #rule: string
  /** by the number of a row, that of the row in the run; null where they are the same */
  keys: Int32Array | null = null

  constructor(rule: string) {
    this.#rule = rule
  }

  /**
   * Counts an item as checked, and as violated unless the rule `holds` for it. `rows` that take
   * long to find are given as a function.
   */
  check(
    holds: boolean,
    rows: readonly number[] | (() => readonly number[]),
    text: () => string,
  ): void {
    this.checked++
    if (!holds) this.violated(typeof rows === 'function' ? rows() : rows, text)
  }

  /** `text` is called only for the few violations that are kept. */
  violated(numbers: readonly number[], text: () => string): void {
    if (this.#violations++ >= KEPT) return
    const rows = numbers.map((number) => this.keys?.[number] ?? number)
    this.#first.push({ rule: this.#rule, rows, text: `${rowsText(rows)}${text()}` })
  }

  report(promise: string): RuleReport {
    const { checked } = this
    return { rule: this.#rule, promise, checked, violations: this.#violations, first: this.#first }
  }
}

function rowsText(rows: readonly number[]): string {
  if (rows.length === 0) return ''
  const named = rows.slice(0, NAMED).join(', ')
  const more = rows.length > NAMED ? ` and ${rows.length - NAMED} more` : ''
  return `${rows.length === 1 ? 'row' : 'rows'} ${named}${more}: `
}

/** Format of a count in messages. */
export const count = (value: number) => value.toLocaleString('en-US')

/** Format of a time or duration in messages. */
export const ms = (value: number) => `${value.toFixed(3)} ms`
