import { mean, median, quantile } from 'simple-statistics'
import { exp, log } from '../../kernel/index.ts'
import { FIGURES, type Figure, type Percentile, SHARE_BELOW } from './residual-figures.ts'

/** Measured figures of the times of one batch or step, or of several that are pooled. */
export interface SpreadCell {
  readonly name: string
  /** in any unit; at least two, from the lowest to the highest */
  readonly figures: ReadonlyMap<Figure, number>
  /** logarithms of runs over their mean; absent where only percentiles are known */
  readonly logs?: readonly number[]
}

/** A measured time, or the mean of several with their percentiles. */
export interface SpreadRow {
  readonly batch: number
  readonly length: number
  readonly prefillTokens: number
  readonly ms: number
  /** whether `ms` is the mean, not the median */
  readonly isMean: boolean
  readonly percentiles?: Readonly<Partial<Record<Percentile, number>>> | undefined
}

/** What rows show of the scatter of single batches or steps. */
interface Spread {
  /** null where they show nothing */
  readonly from: 'percentiles' | 'runs' | null
  readonly cells: readonly SpreadCell[]
  /** number of runs; 0 where percentiles are published */
  readonly runs: number
  /** why they show nothing, as a sentence; null where they do */
  readonly why: string | null
}

/** Each half of the cells is fitted, and predicts the other. */
const LEAST_CELLS = 4
/** Runs of a batch and length from which its median is known well enough, and of all of them. */
const LEAST_RUNS = 5
const LEAST_POOLED = 200
/** Runs above a percentile. */
const LEAST_ABOVE = 5

/** Percentiles of rows where they have some, or else repeated runs of one batch and length. */
export function spreadOf(rows: readonly SpreadRow[]): Spread {
  const listed = rows.map(listedFigures).filter((cell) => cell.figures.size >= 2)
  if (listed.length >= LEAST_CELLS) {
    return { from: 'percentiles', cells: listed, runs: 0, why: null }
  }
  if (listed.length > 0) {
    const text = `Only ${listed.length} rows have percentiles; at least ${LEAST_CELLS} are needed.`
    return { from: null, cells: [], runs: 0, why: text }
  }
  const groups = repeated(rows)
  const runs = groups.reduce((sum, group) => sum + group.length, 0)
  if (groups.length < LEAST_CELLS || runs < LEAST_POOLED) return { ...NOTHING, why: few(runs) }
  // the cells of one half are pooled, as few runs show no tail
  const halves = [0, 1].map((half) => groups.filter((_, i) => i % 2 === half))
  const cells = halves.map((ofHalf, half) => pooled(ofHalf, HALVES[half]!))
  return { from: 'runs', cells, runs, why: null }
}

const HALVES = ['the 1st, 3rd, … batches', 'the 2nd, 4th, … batches']
const NOTHING = { from: null, cells: [], runs: 0 } as const

function few(runs: number): string {
  const needs =
    `Needed: columns such as p50_ms and p99_ms, or a row for each run, at least ${LEAST_RUNS} of a ` +
    `batch and length and ${LEAST_POOLED} in all`
  if (runs === 0) return `The rows have neither percentiles nor repeated runs. ${needs}.`
  return `The rows have only ${runs} repeated runs. ${needs}.`
}

/** The runs of each batch or step that has several. */
function repeated(rows: readonly SpreadRow[]): readonly (readonly SpreadRow[])[] {
  const groups = new Map<string, SpreadRow[]>()
  for (const row of rows) groups.set(cellName(row), [...(groups.get(cellName(row)) ?? []), row])
  return [...groups.values()].filter((group) => group.length >= LEAST_RUNS)
}

const cellName = ({ batch, length, prefillTokens }: SpreadRow) =>
  [batch, length, ...(prefillTokens > 0 ? [prefillTokens] : [])].join(' × ')

function listedFigures(row: SpreadRow): SpreadCell {
  const { percentiles = {} } = row
  const stated = FIGURES.flatMap((figure): [Figure, number][] => {
    const ms = percentiles[figure]
    return ms === undefined ? [] : [[figure, ms]]
  })
  const withMean: [Figure, number][] = row.isMean ? [['mean', row.ms], ...stated] : stated
  return { name: cellName(row), figures: new Map(stated.length === 0 ? [] : withMean) }
}

/**
 * Runs of several cells as one: each over the median of its cell, which a slow run hardly changes.
 * Deviations from a median of n normal values have (1 + pi / 2n - 2 / n) of their variance.
 */
function pooled(groups: readonly (readonly SpreadRow[])[], name: string): SpreadCell {
  const ratios = groups.flatMap((rows) => {
    const middle = median(rows.map(({ ms }) => ms))
    const share = 1 + (Math.PI / 2 - 2) / rows.length
    return rows.map(({ ms }) => exp(log(ms / middle) / Math.sqrt(share)))
  })
  const supported = FIGURES.filter((f) => f === 'p50' || above(ratios, f) >= LEAST_ABOVE)
  const figures: [Figure, number][] = supported.map((f) => [f, quantile(ratios, SHARE_BELOW[f])])
  const middle = mean(ratios)
  const logs = ratios.map((ratio) => log(ratio / middle))
  return { name, figures: new Map([['mean', middle], ...figures]), logs }
}

const above = ({ length }: readonly number[], figure: Percentile) =>
  Math.round(length * (1 - SHARE_BELOW[figure]))
