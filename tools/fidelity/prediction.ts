import { median, sampleStandardDeviation } from 'simple-statistics'
import type {
  ErrorSplit,
  Estimate,
  PercentileComparison,
  Verdict,
} from '../../sim/documents/index.ts'
import { log } from '../../sim/kernel/index.ts'
import {
  clopperPearson,
  type Interval,
  studentTQuantile,
  supportsVerdict,
  tInterval,
} from '../../sim/stats/index.ts'

/**
 * Accuracy of predicting one percentile of replays. Relative to their median, except for n.
 */
export interface PredictionRow {
  readonly name: string
  readonly p: number
  readonly replays: number
  /**
   * of single replays against the prediction, signed: median of absolute values, and mean with its
   * t interval, at 95 % for all cases of the study together (Bonferroni)
   */
  readonly medianError: number
  readonly meanError: Interval
  /** parts of the error of the means, which say whether the machine has changed meanwhile */
  readonly split: ErrorSplit | null
  /** median difference of two replays */
  readonly floor: number
  /** number of replays inside the 95 % band */
  readonly inside: number
  /** ln of its upper end over its lower one, over that of the band that as many replays require */
  readonly wideness: number
  /** Gneiting and Raftery 2007, eq. 43, mean over replays; less is better */
  readonly intervalScore: number
}

export interface PredictionStudy {
  readonly rows: readonly PredictionRow[]
  readonly checks: readonly { readonly text: string; readonly verdict: Verdict }[]
}

const LEVEL = 0.95
/** Largest width of bands in the median, as a multiple of what replays require. */
const WIDEST = 1.5

export function predictionStudy(
  cases: readonly {
    readonly name: string
    readonly percentiles: readonly PercentileComparison[]
  }[],
): PredictionStudy {
  const judged = cases.flatMap(({ name, percentiles }) =>
    percentiles
      .filter(({ p, n }) => supportsVerdict(n, p))
      .map((percentile) => ({ name, percentile })),
  )
  const rows = judged.map(({ name, percentile }) => rowOf(name, percentile, judged.length))
  return { rows, checks: checksOf(rows) }
}

function rowOf(
  name: string,
  { p, each, simulated, split, noise_floor }: PercentileComparison,
  cells: number,
): PredictionRow {
  const values = each.map(({ value }) => value)
  const middle = median(values)
  const errors = values.map((value) => (simulated.value! - value) / middle)
  const [low, high] = [simulated.low! / middle, simulated.high! / middle]
  return {
    name,
    p,
    replays: values.length,
    medianError: median(errors.map(Math.abs)),
    meanError: tInterval(errors, 1 - (1 - LEVEL) / cells),
    split,
    floor: noise_floor.median ?? Number.NaN,
    inside: values.filter((value) => value >= simulated.low! && value <= simulated.high!).length,
    wideness: log(high / low) / neededWidth(values),
    intervalScore: meanScore(
      { low, high },
      values.map((value) => value / middle),
    ),
  }
}

/** Of a band on the log scale that holds a next replay, by how replays differ. */
function neededWidth(values: readonly number[]): number {
  const logs = values.map((value) => log(value))
  const t = studentTQuantile(0.975, logs.length - 1)
  return 2 * t * sampleStandardDeviation(logs) * Math.sqrt(1 + 1 / logs.length)
}

/** Width of the band, and a penalty for each value outside in proportion to its distance. */
function meanScore({ low, high }: { low: number; high: number }, values: readonly number[]) {
  const penalty = 2 / (1 - LEVEL)
  const scores = values.map(
    (value) => high - low + penalty * (Math.max(0, low - value) + Math.max(0, value - high)),
  )
  return scores.reduce((sum, score) => sum + score, 0) / scores.length
}

/**
 * The four checks, each over all rows; coverage is pooled, since a row has only a dozen replays.
 */
function checksOf(rows: readonly PredictionRow[]): PredictionStudy['checks'] {
  const cells = `${rows.length} (load, percentile) cells`
  const close = rows.filter(({ medianError, floor }) => medianError <= floor)
  const fair = rows.filter(({ meanError: { low, high } }) => low! <= 0 && high! >= 0)
  const wideness = median(rows.map((row) => row.wideness))
  const inside = rows.reduce((sum, row) => sum + row.inside, 0)
  const all = rows.reduce((sum, row) => sum + row.replays, 0)
  const coverage = clopperPearson(inside, all)
  const nominal = coverage.low! <= LEVEL && coverage.high! >= LEVEL
  const share = ({ value, low, high }: Estimate | Interval) =>
    `${percent(value)} [${percent(low)}, ${percent(high)}]`
  const check = (holds: boolean, text: string) =>
    ({ text, verdict: holds ? 'PASS' : 'FAIL' }) as const
  const inAll = (some: readonly PredictionRow[], text: string) =>
    check(some.length === rows.length, `${text} in ${some.length} of ${cells}`)
  return [
    inAll(close, 'median error no larger than the A/A difference'),
    inAll(fair, 'mean signed error not significantly different from 0 (Bonferroni)'),
    check(
      nominal,
      `${inside} of ${all} inside the 95 % band: ${share(coverage)} (Clopper–Pearson)`,
    ),
    check(
      wideness <= WIDEST,
      `bands are, in the median, ${wideness.toFixed(2)} times as wide as the differences between replays require; at most ${WIDEST}`,
    ),
  ]
}

const percent = (share: number | null) => (share === null ? '–' : `${(100 * share).toFixed(1)} %`)
