import { Failure } from '../../../scenarios/index.ts'
import type { SweepManifest } from '../../../sim/documents/index.ts'
import { JOURNAL_FILE, type JournalRows } from '../../folders/sweep-journal.ts'
import type { Unanswered } from '../configurations/queue.ts'
import { numbersOf, shardSize } from './sweep-plan.ts'

/** Reasons that are printed, each with the first configuration that has it. */
const MOST_REASONS = 10
/** Numbers, or ranges of them, that are printed. */
const MOST_RANGES = 1000

/** The configurations of a sweep that were not answered, and why. */
export class MissingRows {
  readonly #plan: SweepManifest
  readonly #directory: string | undefined
  readonly #unanswered = new Set<number>()
  /** the first configuration of each reason */
  readonly #reasons = new Map<string, number>()

  /** `directory`: where the rows are kept; undefined if they are not */
  constructor(plan: SweepManifest, directory: string | undefined) {
    this.#plan = plan
    this.#directory = directory
  }

  add(number: number, { problems }: Pick<Unanswered, 'problems'>): void {
    this.#unanswered.add(number)
    const reason = problems.join('; ')
    if (this.#reasons.size >= MOST_REASONS || this.#reasons.has(reason)) return
    this.#reasons.set(reason, number)
  }

  /** Names every configuration of the plan that has no row; null where all have one. */
  failure(rows: Pick<JournalRows, 'has' | 'count'>): Failure | null {
    const of = shardSize(this.#plan)
    if (rows.count === of && this.#unanswered.size === 0) return null
    const lacks = (number: number) => !rows.has(number) || this.#unanswered.has(number)
    const numbers = [...numbersOf(this.#plan)].filter(lacks)
    const size = (count: number) => count.toLocaleString('en-US')
    const counted = `${size(numbers.length)} of ${size(of)} configurations`
    const reasons =
      this.#unanswered.size === 0
        ? [`another program changed ${JOURNAL_FILE}`]
        : [...this.#reasons].map(([reason, n]) => `configuration ${n}: ${reason}`)
    const next =
      this.#directory === undefined
        ? 'nothing is kept without --out DIR'
        : `the other rows are kept in ${this.#directory}; simulate these again with the same command and --resume`
    return new Failure([
      `${counted} ${numbers.length === 1 ? 'has' : 'have'} no row: no. ${rangesText(numbers)}`,
      ...reasons,
      next,
    ])
  }
}

/** "3, 17–20" of ascending numbers. */
export function rangesText(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = []
  for (const number of numbers) {
    const open = ranges.at(-1)
    if (open !== undefined && open[1] === number - 1) open[1] = number
    else ranges.push([number, number])
  }
  const texts = ranges
    .slice(0, MOST_RANGES)
    .map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`))
  const left = ranges.slice(MOST_RANGES).reduce((sum, [first, last]) => sum + last - first + 1, 0)
  return texts.join(', ') + (left === 0 ? '' : `, and ${left} more`)
}
