import type { TopLevelSpec } from 'vega-lite'
import type { Result, TailPoint } from '../../../sim/documents/index.ts'
import { count, loadText, percentileName, plural } from '../../format.ts'
import {
  frame,
  type Layer,
  labels,
  logTicks,
  narrow,
  plotWidth,
  type ReportInput,
  WIDE,
} from '../frame.ts'
import { latencyLimits, limitLines } from '../load/limits.ts'
import { LIGHT } from '../theme.ts'
import { measuredTails, nines, tailFinding } from './tail-finding.ts'

/** Curves start here: lower percentiles show no tail. */
const FIRST = 0.2
/** Space for the names of the curves in the lower right corner, px. */
const WORDS = { width: 260, height: 60 }
const TICKS = [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999]

/**
 * Latency by percentile: the simulated median and band, a line for each replay, the limits. Curves
 * end where the samples no longer support a percentile.
 */
export function tailChart(input: ReportInput, width = WIDE): TopLevelSpec {
  const height = narrow(width) ? 280 : 400
  const simulated = shown(input.simulated?.tail ?? [])
  const replays = measuredTails(input).map(shown)
  const limits = latencyLimits(input)
  const all = [simulated, ...replays].flat()
  const last = nines(Math.max(0.9, ...all.map(({ p }) => p)))
  const x = [nines(FIRST), last] as const
  const wide = plotWidth(width)
  // start of the words at the lower right, in nines
  const from = last - (last - x[0]) * Math.min(1, WORDS.width / wide)
  const y = domain(
    all,
    limits.map(({ limitMs }) => limitMs),
    { from, share: WORDS.height / height },
  )
  return {
    ...frame(tailFinding(input), subtitle(input), width),
    width: wide,
    height,
    layer: [
      ...curves(simulated, replays, x, y),
      ...limitLines(limits, { domain: y, height }),
      ...words(input, wide, height),
    ],
  }
}

function shown(tail: readonly TailPoint[]): TailPoint[] {
  return tail.filter(({ p, value }) => p >= FIRST && p < 1 && value > 0)
}

/**
 * ms: covers all curves and limits, and keeps a share of the height free below everything right of
 * `from` (in nines).
 */
function domain(
  points: readonly TailPoint[],
  limits: readonly number[],
  corner: { readonly from: number; readonly share: number },
): [number, number] {
  const lowest = ({ value, low }: TailPoint) => (low && low > 0 ? Math.min(low, value) : value)
  const right = points.filter(({ p }) => nines(p) >= corner.from)
  const high = Math.max(...points.map(({ value, high }) => Math.max(value, high ?? 0)), ...limits)
  const low = Math.min(...points.map(lowest), ...limits)
  if (!(high > 0)) return [1, 10]
  const top = Math.log(high * 1.3)
  const floor = Math.log(Math.min(...right.map(lowest), ...limits, high))
  // (top − floor) = (1 − share) · (top − bottom), solved for the bottom
  const roomy = top - (top - floor) / (1 - corner.share)
  return [Math.exp(Math.min(Math.log(low / 1.25), roomy)), Math.exp(top)]
}

function curves(
  simulated: readonly TailPoint[],
  replays: readonly (readonly TailPoint[])[],
  xDomain: readonly [number, number],
  yDomain: readonly [number, number],
): Layer[] {
  const names = TICKS.map(
    (p) => `datum.value < ${nines(p) + 1e-6} ? '${percentileName(p).slice(1)} %'`,
  )
  const x = {
    field: 'x',
    type: 'quantitative' as const,
    scale: { domain: [...xDomain], nice: false, zero: false },
    axis: {
      title: 'percentile of requests',
      values: TICKS.map(nines).filter((tick) => tick <= xDomain[1] + 1e-9),
      labelExpr: `${names.join(' : ')} : ''`,
      labelOverlap: 'greedy' as const,
    },
  }
  const y = {
    field: 'value',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [...yDomain], nice: false },
    axis: {
      title: 'latency (ms, log scale)',
      values: logTicks(yDomain[0], yDomain[1]),
      format: ',~g',
    },
  }
  const rows = (tail: readonly TailPoint[], replay = 0) =>
    tail.map((point) => ({ ...point, x: nines(point.p), replay }))
  const band = rows(simulated.filter(({ low, high }) => low !== null && low > 0 && high !== null))
  return [
    {
      data: { values: band },
      mark: { type: 'area', color: LIGHT.simulated, opacity: 0.18 },
      encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
    },
    {
      data: { values: replays.flatMap((tail, i) => rows(tail, i + 1)) },
      mark: { type: 'line', color: LIGHT.measured, strokeWidth: 1.3, opacity: 0.85 },
      encoding: { x, y, detail: { field: 'replay', type: 'nominal' } },
    },
    {
      data: { values: rows(simulated) },
      mark: { type: 'line', color: LIGHT.simulated, strokeWidth: 2.8 },
      encoding: { x, y },
    },
  ]
}

/** Names of the curves in their colours, in the corner that `domain` keeps free. */
function words({ simulated, measured }: ReportInput, width: number, height: number): Layer[] {
  const lines: { text: string; color: string }[] = []
  if (simulated) {
    const text = hasBand(simulated) ? 'simulated, median and 95 % band' : 'simulated'
    lines.push({ text, color: LIGHT.simulated })
  }
  if (measured) {
    const text = measured.tails.length > 1 ? 'measured, each replay a line' : 'measured'
    lines.push({ text, color: LIGHT.measured })
  }
  const points = lines.map((line, i) => ({
    ...line,
    x: width - 8,
    y: height - 14 - 19 * (lines.length - 1 - i),
  }))
  return labels(points, { align: 'right', bold: true })
}

function hasBand({ tail }: Result): boolean {
  return tail.some(({ low, high }) => low !== null && high !== null)
}

function subtitle({ simulated, measured }: ReportInput): string {
  const result = measured ?? simulated
  if (!result) return 'no documents'
  const pools = result.pools.map(({ name }) => name).join(', ')
  const load = result.load === null ? '' : `, load ${loadText(result.load)}`
  const parts = [
    `${result.scenario.name}, pool${result.pools.length > 1 ? 's' : ''} ${pools}${load}`,
  ]
  if (measured) {
    parts.push(`${plural(measured.runs, 'replay')} × ${requestsEach(measured)} requests`)
  }
  if (simulated) {
    parts.push(
      simulated.runs === 1
        ? `simulation: 1 replication × ${requestsEach(simulated)} requests`
        : `simulation: median and 95 % band of ${count(simulated.runs)} replications`,
    )
  }
  return parts.join(' · ')
}

/** Mean number of requests of a run. */
function requestsEach({ classes, runs }: Result): string {
  const arrived = classes.reduce((sum, { counts }) => sum + counts.arrived, 0)
  return count(Math.round(arrived / Math.max(1, runs)))
}
