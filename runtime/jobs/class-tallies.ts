import type { ClassFindings } from '../../reports/index.ts'
import type { ClassValues, TraceRun } from '../../scenarios/index.ts'
import { TraceTally } from '../../sim/traffic/index.ts'

/** Classes with statistics of their own. The rows of further values are counted only. */
const MOST_CLASSES = 200

/** The statistics of a trace by the values of its class column. */
export class ClassTallies {
  readonly #tallies: TraceTally[] = []

  /** Adds the next rows, which have a class column. */
  add({ times, lengths, outputs, kinds }: TraceRun): void {
    const rows = new Map<number, number[]>()
    for (const [row, kind] of kinds!.entries()) {
      if (kind >= MOST_CLASSES) continue
      const own = rows.get(kind)
      if (own === undefined) rows.set(kind, [row])
      else own.push(row)
    }
    for (const [kind, own] of rows) {
      const pick = (column: Float64Array | null) =>
        column && Float64Array.from(own, (row) => column[row]!)
      this.#tallies[kind] ??= new TraceTally()
      this.#tallies[kind].add({
        times: pick(times)!,
        lengths: pick(lengths),
        outputs: pick(outputs),
      })
    }
  }

  /** The most frequent values first, each with its rate over the whole trace. */
  findings(values: ClassValues, durationS: number): ClassFindings[] {
    return values.counts().map(([value, rows]) => {
      const tally = this.#tallies[values.numberOf(value)!]
      const { gaps, ...own } = tally?.statistics() ?? NONE
      const { windows, peak, input_tokens, output_tokens } = own
      const counted = { value, rows, mean_rps: rows / durationS, cv: finite(gaps?.cv) }
      return { ...counted, windows, peak, input_tokens, output_tokens }
    })
  }
}

const NONE = { gaps: null, windows: [], peak: null, input_tokens: null, output_tokens: null }

/** The variation of less than two gaps is unknown. */
const finite = (value: number | undefined) =>
  value !== undefined && Number.isFinite(value) ? value : null
