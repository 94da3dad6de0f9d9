import { isTimed, parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import {
  byRank,
  endOf,
  figureOf,
  type Sweep,
  type SweepEnd,
  type SweepRow,
} from '../../documents/index.ts'

/** Rows of a document: as many as a heat map of 25 by 40 values has. */
export const MOST_ROWS = 1000

/** What a summary of a sweep adds to its plan. */
type Summary = Pick<Sweep, 'configurations' | 'counts' | 'best' | 'front' | 'rows'>

/** The latency that ranks and charts show. `swept`: paths of values that the sweep changes. */
export function sweepFigure(scenario: Scenario, swept: readonly string[]): Sweep['figure'] {
  const objectives = scenario.traffic.flatMap(({ class: name }) =>
    (scenario.slo[name] ?? []).map((text) => ({ class: name, text, parsed: parseObjective(text) })),
  )
  for (const [objective, { class: name, text, parsed }] of objectives.entries()) {
    if (parsed === null || !isTimed(parsed)) continue
    const shared = swept.every((path) => path.split('.')[0] !== 'slo')
    const limit_ms = shared ? parsed.limitMs : null
    return { class: name, text: text.split('<')[0]!.trim(), objective, limit_ms }
  }
  const name = scenario.traffic[0]!.class
  return { class: name, text: 'p(99) latency_ms', objective: null, limit_ms: null }
}

/** Summarises the rows of a sweep one by one, so that memory does not grow with their number. */
export class SweepSummary {
  readonly #figure: Sweep['figure']
  readonly #counts: Record<SweepEnd, number> = {
    PASS: 0,
    UNDECIDED: 0,
    FAIL: 0,
    not_judged: 0,
    invalid: 0,
    out_of_memory: 0,
  }
  #rows: SweepRow[] = []
  #front: SweepRow[] = []
  #priced = false

  constructor(figure: Sweep['figure']) {
    this.#figure = figure
  }

  add(row: SweepRow): void {
    this.#counts[endOf(row)]++
    this.#priced ||= row.figures?.cost != null
    this.#addToFront(row)
    this.#rows.push(row)
    if (this.#rows.length >= 2 * MOST_ROWS) this.#rows = this.#best()
  }

  result(): Summary {
    const best = this.#best()[0]
    const kept = new Map([...this.#front, ...this.#best()].map((row) => [row.configuration, row]))
    const rows = [...kept.values()].slice(0, MOST_ROWS)
    const numbers = this.#front.map(({ configuration }) => configuration)
    return {
      configurations: Object.values(this.#counts).reduce((sum, n) => sum + n, 0),
      counts: { ...this.#counts },
      best: best === undefined || best.figures === null ? null : best.configuration,
      front: this.#priced ? numbers : null,
      rows: rows.sort((a, b) => a.configuration - b.configuration),
    }
  }

  #best(): SweepRow[] {
    return this.#rows.toSorted(byRank(this.#figure)).slice(0, MOST_ROWS)
  }

  /** The front is sorted by price; along it the latency falls. */
  #addToFront(row: SweepRow): void {
    const point = this.#point(row)
    if (point === null || !['PASS', 'not_judged'].includes(endOf(row))) return
    const front = this.#front.map((member) => ({ member, ...this.#point(member)! }))
    if (front.some(({ usd, ms }) => usd <= point.usd && ms <= point.ms)) return
    const left = front.filter(({ usd, ms }) => usd < point.usd || ms < point.ms)
    const at = left.filter(({ usd }) => usd < point.usd).length
    this.#front = left.map(({ member }) => member).toSpliced(at, 0, row)
  }

  /** Price and latency; null where one is not known. */
  #point(row: SweepRow): { readonly usd: number; readonly ms: number } | null {
    const usd = row.figures?.cost?.usd_per_hour
    const ms = figureOf(row, this.#figure)?.value
    return usd == null || ms == null ? null : { usd, ms }
  }
}
