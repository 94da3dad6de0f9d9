import type { Counts, ShedBy } from '../../documents/index.ts'
import type { Ms, TuningStep } from '../../serving/index.ts'
import { type RunTail, tailLevels } from '../intervals/exceedance.ts'
import { PERCENTILES, supportsVerdict } from '../intervals/percentile.ts'
import { tailProbabilities } from '../intervals/tail-curve.ts'
import type { BudgetSummary } from './budget-recorder.ts'
import type { Calls } from './calls.ts'
import { Cell, PARTS, type Part, TOKEN_TIMES, type TokenTime } from './cell.ts'
import type { CopySummary } from './copies.ts'
import type { EjectionSummary } from './ejection-recorder.ts'
import type { Histogram } from './histogram.ts'
import type { RecordedFigures, Recorder } from './recorder.ts'
import type { SpaceSummary } from './space-recorder.ts'

/** Mean and PERCENTILES of one run, ms; NaN where nothing was recorded. */
export interface Figures {
  readonly n: number
  readonly mean: number
  readonly percentiles: readonly number[]
}

/** Latency of the requests that met no stall of the machine. */
export interface StallFreeFigures {
  readonly n: number
  /** of the served requests */
  readonly share: number
  /** PERCENTILES, ms; NaN where every request met one */
  readonly percentiles: readonly number[]
}

/** What an objective limits: a percentile of a time. */
export interface JudgedTail {
  readonly percentile: number
  readonly limitMs: number
}

/** What a run has for it. */
export interface JudgedFigure {
  /** the percentile, ms; infinite where it falls on a lost request */
  readonly value: number
  /** null where the run has by far enough requests to judge the percentile itself */
  readonly tail: RunTail | null
}

/** Latency from scheduled arrival to completion or answer. */
interface LatencySummary {
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

/** Latency of answered calls. */
export interface CallsSummary extends LatencySummary {
  readonly made: number
}

/** What waited at the clients of a class; see HeldRequests. */
export interface HeldSummary {
  readonly sent: number
  readonly held: number
  readonly wait: Figures
  readonly longestMs: Ms
  readonly fromSchedule: Figures
}

/** Energy of the accelerators of a pool, and their heat over time. */
export interface PowerSummary {
  /** from the end of the warm-up to the last event */
  readonly joules: number
  /** in each interval of the traffic, J */
  readonly series: readonly number[]
  /** at the end of each interval: warmest accelerator (°C) and lowest clock; null without heat */
  readonly heat: {
    readonly warmestC: readonly number[]
    readonly slowest: readonly number[]
  } | null
  /** null where nothing is said of a temperature at which accelerators stop */
  readonly downs: HeatDownSummary | null
}

/** How often the accelerators of a pool were too warm, and how long its replicas were down. */
export interface HeatDownSummary {
  readonly count: number
  /** replicas times seconds, from the end of the warm-up to the last event */
  readonly downS: number
  /** replicas times seconds in each interval of the traffic */
  readonly series: readonly number[]
}

/** A decision of a scaler that changed what it wants. */
export interface ScalingStep {
  readonly at: number
  readonly replicas: number
  readonly reason: string
}

/** How long the replicas of a pool took batches. */
export interface AvailabilitySummary {
  /** replicas times seconds, from the end of the warm-up to the last event */
  readonly upS: number
  /** the same of replicas that are paid for: they serve, start, or serve what they have */
  readonly paidS: number
  /** replicas that were seen to be lost */
  readonly losses: number
  /** replicas times seconds in each interval of the traffic: serving, and paid for */
  readonly series: readonly number[]
  readonly paid: readonly number[]
  /** decisions of the scaler */
  readonly steps: readonly ScalingStep[]
}

type Tail = readonly { readonly p: number; readonly value: number }[]

/** There may be hundreds of classes, each with a curve. */
const POINTS_OF_CLASSES = 20

/** One replication or replay, small enough to pass between threads. */
export interface RunSummary
  extends Omit<RecordedFigures, 'lastMs' | 'cells' | 'calls' | 'held' | 'hedged'> {
  readonly requests: string
  /** whether nothing random was drawn, so that every other replication is the same */
  readonly exact: boolean
  /** latency over all classes */
  readonly all: Figures
  readonly classes: readonly CellSummary[]
  /** of each class; null where each request is a call */
  readonly calls: readonly (CallsSummary | null)[]
  /** what waited at the clients of each class; null where they send as scheduled */
  readonly held: readonly (HeldSummary | null)[]
  /** of each class; null where its requests have no copies */
  readonly copies: readonly (CopySummary | null)[]
  readonly pools: readonly CellSummary[]
  /** time over which busyMs is counted: from the end of the warm-up to the last event, ms */
  readonly observedMs: number
  readonly tail: Tail
  /** of each class, where there are several */
  readonly classTails: readonly Tail[]
  /** of pools with `memory` */
  readonly memory: readonly SpaceSummary[]
  /** of each pool; null where its power is not known */
  readonly power: readonly (PowerSummary | null)[]
  /** of each pool; null where no replica comes or goes */
  readonly availability: readonly AvailabilitySummary[] | null
  /** of each pool, what failed on replicas that were down; absent where losses are found at once */
  readonly undetected?: readonly number[]
  /** of each pool; null where no pool ejects replicas */
  readonly ejections: readonly EjectionSummary[] | null
  /** what scaled pools had of their common budget; null without one */
  readonly budget: BudgetSummary | null
  /** time of batches and steps over that with a card of their own; null without a shared card */
  readonly slowdowns: readonly (number | null)[]
  /** changes of tuned settings, at most the first ones; null where none is tuned */
  readonly tuning: readonly TuningChange[] | null
  /** null where requests were drawn, or no model has a profile */
  readonly stallFree: StallFreeFigures | null
}

/** A change of a tuned setting, at a time in ms. */
export type TuningChange = TuningStep & { readonly at: Ms }

export function summariseRun(
  recorder: Recorder,
  run: {
    readonly requests: string
    readonly warmupMs: number
    readonly durationMs: number
    readonly judged: readonly JudgedTail[]
    readonly memory?: readonly SpaceSummary[]
    readonly power?: readonly (PowerSummary | null)[]
    readonly availability?: readonly AvailabilitySummary[] | null
    readonly undetected?: readonly number[] | undefined
    readonly ejections?: readonly EjectionSummary[] | null
    readonly budget?: BudgetSummary | null
    readonly slowdowns?: readonly (number | null)[]
    readonly tuning?: readonly TuningChange[] | null
    readonly exact?: boolean
    readonly stallFree?: StallFreeFigures | null
  },
): RunSummary {
  const { lastMs, cells, calls, held, hedged, ...figuresOfAll } = recorder.figures()
  const pools = figuresOfAll.batchSizes.map((_, pool) => mergeCells(cells.map((row) => row[pool]!)))
  const classes = cells.map(mergeCells)
  const all = mergeCells(classes)
  return {
    ...figuresOfAll,
    requests: run.requests,
    exact: run.exact ?? false,
    all: figures(all.latency),
    classes: classes.map((cell) => cellSummary(cell, run.judged)),
    calls: calls.map((of) => of && callsSummary(of, run.judged)),
    held: held.map(
      (own) =>
        own && {
          sent: own.sent,
          held: own.held,
          wait: figures(own.wait),
          longestMs: own.longestMs,
          fromSchedule: figures(own.fromSchedule),
        },
    ),
    copies: classes.map(({ copies }, i) => (hedged[i] === true ? { ...copies } : null)),
    pools: pools.map((cell) => cellSummary(cell, run.judged)),
    observedMs: Math.max(run.durationMs, lastMs) - run.warmupMs,
    tail: tailOf(all.latency),
    classTails:
      classes.length > 1 ? classes.map(({ latency }) => tailOf(latency, POINTS_OF_CLASSES)) : [],
    memory: run.memory ?? [],
    power: run.power ?? pools.map(() => null),
    availability: run.availability ?? null,
    ...(run.undetected && { undetected: run.undetected }),
    ejections: run.ejections ?? null,
    budget: run.budget ?? null,
    slowdowns: run.slowdowns ?? pools.map(() => null),
    tuning: run.tuning ?? null,
    stallFree: run.stallFree ?? null,
  }
}

function tailOf(latency: Histogram, perNine?: number): Tail {
  const levels = tailProbabilities(latency.count, perNine)
  return levels.map((p) => ({ p, value: latency.quantile(p) }))
}

function mergeCells(cells: readonly Cell[]): Cell {
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
    network: figures(cell.network),
    tokens: tokenSummary(cell, lost, judged),
  }
}

function tokenSummary(
  cell: Cell,
  lost: number,
  judged: readonly JudgedTail[],
): TokenSummary | null {
  if (TOKEN_TIMES.every((name) => cell[name].count === 0)) return null
  return {
    ...figuresOf(cell, TOKEN_TIMES),
    judged: {
      ttft: judgedFigures(cell.ttft, lost, judged),
      tpot: judgedFigures(cell.tpot, lost, judged),
    },
    preemptions: cell.preemptions,
    generated: cell.generated,
  }
}

function callsSummary({ made, latency }: Calls, judged: readonly JudgedTail[]): CallsSummary {
  return { made, ...latencySummary(latency, made - latency.count, judged) }
}

function latencySummary(
  latency: Histogram,
  lost: number,
  judged: readonly JudgedTail[],
): LatencySummary {
  return {
    latency: figures(latency),
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
  return Object.fromEntries(names.map((name) => [name, figures(cell[name])])) as Record<K, Figures>
}

function figures(histogram: Histogram): Figures {
  return {
    n: histogram.count,
    mean: histogram.mean,
    percentiles: PERCENTILES.map((p) => histogram.quantile(p)),
  }
}
