import { isTimed, parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Counts, ShedBy } from '../../documents/index.ts'
import { type RunTail, tailLevels } from '../intervals/exceedance.ts'
import { PERCENTILES, supportsVerdict } from '../intervals/percentile.ts'
import { tailProbabilities } from '../intervals/tail-curve.ts'
import { Cell, PARTS, type Part, TOKEN_TIMES, type TokenTime } from './cell.ts'
import type { CopySummary } from './copies.ts'
import type { Histogram } from './histogram.ts'
import type { RecordedFigures, Recorder } from './recorder.ts'
import type { WorstSummary } from './window-recorder.ts'

/** Mean and PERCENTILES of one run, ms; NaN where nothing was recorded. */
export interface Figures {
  readonly n: number
  readonly mean: number
  readonly percentiles: readonly number[]
}

/** What an objective limits: a percentile of a time. */
export interface JudgedTail {
  readonly percentile: number
  readonly limitMs: number
}

/** What one run has at such a percentile. */
export interface JudgedFigure {
  /** the percentile, ms; infinite where it falls on a lost request */
  readonly value: number
  /** null where the run has by far enough requests to judge the percentile itself */
  readonly tail: RunTail | null
}

/** Latency from scheduled arrival to completion or answer. */
export interface LatencySummary {
  readonly latency: Figures
  /** over all arrivals or calls: Infinity where the percentile falls on a lost one */
  readonly all: readonly number[]
  /** the same as objectives judge it */
  readonly judged: readonly JudgedFigure[]
}

export interface CellSummary extends LatencySummary {
  readonly counts: Counts
  readonly shedBy: ShedBy
  readonly good: number
  /** answered while the traffic lasts, after the warm-up; and those within every limit */
  readonly inTraffic: { readonly served: number; readonly good: number }
  readonly retries: number
  readonly parts: Readonly<Record<Part, Figures>>
  /** of the request and its answer; n is 0 without networks */
  readonly network: Figures
  /** null where nothing was generated */
  readonly tokens: TokenSummary | null
}

/** Token times, and as `judged` those that objectives may name. */
type TokenSummary = Readonly<Record<TokenTime, Figures>> & {
  readonly judged: Readonly<Record<'ttft' | 'tpot', readonly JudgedFigure[]>>
  readonly preemptions: number
  /** generated tokens of served requests */
  readonly generated: number
}

type Tail = readonly { readonly p: number; readonly value: number }[]

/** There may be hundreds of classes, each with a curve. */
const POINTS_OF_CLASSES = 20

/** What a recorder has of one run. */
export interface RecorderSummary extends Omit<RecordedFigures, 'cells' | 'hedged'> {
  /** latency over all classes */
  readonly all: Figures
  readonly classes: readonly CellSummary[]
  /** of each class; null where its requests have no copies */
  readonly copies: readonly (CopySummary | null)[]
  readonly pools: readonly CellSummary[]
  readonly tail: Tail
  /** of each class, where there are several */
  readonly classTails: readonly Tail[]
  /** of token times over all classes; null where nothing was generated */
  readonly tokenTails: Readonly<Record<'ttft' | 'tpot', Tail>> | null
}

/** What objectives are judged on in one run: a part of what a recorder of all figures has. */
export interface JudgedSummary extends Pick<RecordedFigures, 'observedMs'> {
  readonly classes: readonly JudgedCell[]
  readonly worst: Pick<WorstSummary, 'objectives'>
}

/** What objectives of one class are judged on. */
export interface JudgedCell extends Pick<CellSummary, 'good' | 'judged'> {
  readonly counts: Pick<Counts, 'arrived' | 'served'>
  readonly inTraffic: Pick<CellSummary['inTraffic'], 'served'>
  /** null where nothing was generated */
  readonly tokens: Pick<TokenSummary, 'judged'> | null
}

/** What the timed objectives of a scenario limit: any percentile, as p(98). */
export function judgedTails(scenario: Pick<Scenario, 'slo'>): JudgedTail[] {
  const tails = new Map<string, JudgedTail>()
  for (const objective of Object.values(scenario.slo).flat().map(parseObjective)) {
    if (objective === null || !isTimed(objective)) continue
    const { percentile, limitMs } = objective
    tails.set(`${percentile} ${limitMs}`, { percentile, limitMs })
  }
  return [...tails.values()]
}

/** `judged`: see `judgedTails`. */
export function summariseRecorder(
  recorder: Recorder,
  judged: readonly JudgedTail[],
): RecorderSummary {
  const { cells, hedged, ...figuresOfAll } = recorder.figures()
  const pools = figuresOfAll.batchSizes.map((_, pool) => mergeCells(cells.map((row) => row[pool]!)))
  const classes = cells.map(mergeCells)
  const total = mergeCells(classes)
  const ofClasses = classes.map((cell) => cellSummary(cell, judged))
  return {
    ...figuresOfAll,
    all: histogramFigures(total.latency),
    classes: ofClasses,
    copies: classes.map(({ copies }, i) => (hedged[i] === true ? { ...copies } : null)),
    // one class at one pool has the same
    pools: pools.map((cell) => ofClasses[classes.indexOf(cell)] ?? cellSummary(cell, judged)),
    tail: tailOf(total.latency),
    classTails:
      classes.length > 1 ? classes.map(({ latency }) => tailOf(latency, POINTS_OF_CLASSES)) : [],
    tokenTails:
      total.ttft.count === 0 ? null : { ttft: tailOf(total.ttft), tpot: tailOf(total.tpot) },
  }
}

function tailOf(times: Histogram, perNine?: number): Tail {
  const levels = tailProbabilities(times.count, perNine)
  return levels.map((p) => ({ p, value: times.quantile(p) }))
}

/** The cell itself where there is one. */
function mergeCells(cells: readonly Cell[]): Cell {
  if (cells.length === 1) return cells[0]!
  const merged = new Cell()
  for (const cell of cells) merged.merge(cell)
  return merged
}

function cellSummary(cell: Cell, judged: readonly JudgedTail[]): CellSummary {
  const counts = cell.counts
  const lost = counts.arrived - counts.served
  return {
    counts,
    shedBy: cell.shedBy,
    good: cell.good,
    inTraffic: { served: cell.servedInTraffic, good: cell.goodInTraffic },
    retries: cell.retries,
    ...latencySummary(cell.latency, lost, judged),
    parts: figuresOf(cell, PARTS),
    network: histogramFigures(cell.network),
    tokens: tokenSummary(cell, lost, judged),
  }
}

/** `judged`: see `judgedTails`. */
export function judgedCell(cell: Cell, judged: readonly JudgedTail[]): JudgedCell {
  const { counts, good } = cell
  const lost = counts.arrived - counts.served
  const isGenerated = cell.ttft.count > 0 || cell.tpot.count > 0
  return {
    ...{ counts, good },
    inTraffic: { served: cell.servedInTraffic },
    judged: judgedFigures(cell.latency, lost, judged),
    tokens: isGenerated ? { judged: judgedTokens(cell, lost, judged) } : null,
  }
}

const judgedTokens = (cell: Cell, lost: number, judged: readonly JudgedTail[]) => ({
  ttft: judgedFigures(cell.ttft, lost, judged),
  tpot: judgedFigures(cell.tpot, lost, judged),
})

function tokenSummary(
  cell: Cell,
  lost: number,
  judged: readonly JudgedTail[],
): TokenSummary | null {
  if (TOKEN_TIMES.every((name) => cell[name].count === 0)) return null
  return {
    ...figuresOf(cell, TOKEN_TIMES),
    judged: judgedTokens(cell, lost, judged),
    preemptions: cell.preemptions,
    generated: cell.generated,
  }
}

/** `lost`: calls or arrivals without an answer. */
export function latencySummary(
  latency: Histogram,
  lost: number,
  judged: readonly JudgedTail[],
): LatencySummary {
  return {
    latency: histogramFigures(latency),
    all: PERCENTILES.map((p) => latency.quantile(p, lost)),
    judged: judgedFigures(latency, lost, judged),
  }
}

/** What recorded times and so many lost requests have for each tail. */
export function judgedFigures(
  times: Histogram,
  lost: number,
  judged: readonly JudgedTail[],
): JudgedFigure[] {
  const n = times.count + lost
  return judged.map(({ percentile: p, limitMs }) => ({
    value: times.quantile(p, lost),
    // runs of one scenario differ by less than a factor of two in size
    tail: supportsVerdict(n / 2, p)
      ? null
      : {
          n,
          beyond: times.countFrom(limitMs) + lost,
          values: tailLevels(p).map((level) => times.quantile(level, lost)),
        },
  }))
}

function figuresOf<K extends Part | TokenTime>(cell: Cell, names: readonly K[]) {
  return Object.fromEntries(names.map((name) => [name, histogramFigures(cell[name])])) as Record<
    K,
    Figures
  >
}

export function histogramFigures(histogram: Histogram): Figures {
  return {
    n: histogram.count,
    mean: histogram.mean,
    percentiles: PERCENTILES.map((p) => histogram.quantile(p)),
  }
}
