import type { TopLevelSpec } from 'vega-lite'
import type { Result, TailPoint } from '../../../sim/documents/index.ts'
import { count, loadText, runsText } from '../../format.ts'
import { frame, type Layer, narrow, plotWidth, type ReportInput, type Sides } from '../frame.ts'
import { latencyLimits, limitLines } from '../load/limits.ts'
import { labels, latencies } from '../plot.ts'
import { LIGHT } from '../theme.ts'
import { curvePoints, FIRST, percentiles } from './tail-axis.ts'
import { anyLost, measuredTails, nines, tailFinding } from './tail-finding.ts'
import { type TailTime, TIME_NAMES, tailsOf } from './tail-time.ts'

/** Space for the names of the curves in the lower right corner, px. */
const WORDS = { width: 260, height: 60 }

/**
 * Latency by percentile: the simulated median and band, a line for each replay, the limits. Curves
 * end where the samples no longer support a percentile.
 */
export const tailChart = (sides: Sides, width: number, input: ReportInput): TopLevelSpec =>
  chartOf('latency', { sides, input }, width)

/** The same of a time of tokens; null where no side has a curve of it. */
export const tokenTailChart =
  (time: 'ttft' | 'tpot') =>
  (sides: Sides, width: number, input: ReportInput): TopLevelSpec | null => {
    const any = sides.some(({ result }) => curvePoints(tailsOf(result, time).tail).length > 0)
    return any ? chartOf(time, { sides, input }, width) : null
  }

interface Documents {
  readonly sides: Sides
  readonly input: ReportInput
}

function chartOf(time: TailTime, { sides, input }: Documents, width: number): TopLevelSpec {
  const height = narrow(width) ? 280 : 400
  const simulated = curvePoints(input.simulated ? tailsOf(input.simulated, time).tail : [])
  const replays = measuredTails(input, time).map(curvePoints)
  // limits are of classes: with several, the curves of the classes show them
  const limits = sides[0].result.classes.length > 1 ? [] : latencyLimits(sides, time)
  const drawn = [simulated, ...replays].flat()
  const last = nines(Math.max(0.9, ...drawn.map(({ p }) => p)))
  const x = [nines(FIRST), last] as const
  const wide = plotWidth(width)
  // start of the words at the lower right, in nines
  const from = last - (last - x[0]) * Math.min(1, WORDS.width / wide)
  const y = domain(
    drawn,
    limits.map(({ limitMs }) => limitMs),
    { from, share: WORDS.height / height },
  )
  return {
    ...frame(tailFinding(sides, input, time), subtitle(sides), width),
    width: wide,
    height,
    layer: [
      ...curves({ time, simulated, replays }, x, y, anyLost(sides)),
      ...limitLines(limits, { domain: y, height }),
      ...words({ time, sides }, wide, height),
    ],
  }
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

interface Curves {
  readonly time: TailTime
  readonly simulated: readonly TailPoint[]
  readonly replays: readonly (readonly TailPoint[])[]
}

function curves(
  { time, simulated, replays }: Curves,
  xDomain: readonly [number, number],
  yDomain: readonly [number, number],
  lost: boolean,
): Layer[] {
  const x = percentiles(xDomain, lost)
  const y = latencies('value', yDomain, TIME_NAMES[time])
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
function words(
  { time, sides }: { time: TailTime; sides: Sides },
  width: number,
  height: number,
): Layer[] {
  const points = sides.map(({ name, color, result }, i) => ({
    text: name + (name === 'simulated' ? bandText : replaysText)(tailsOf(result, time)),
    color,
    x: width - 8,
    y: height - 14 - 19 * (sides.length - 1 - i),
  }))
  return labels(points, { align: 'right', bold: true })
}

function bandText({ tail }: ReturnType<typeof tailsOf>): string {
  const hasBand = tail.some(({ low, high }) => low !== null && high !== null)
  return hasBand ? ', median and 95 % band' : ''
}

function replaysText({ tails }: ReturnType<typeof tailsOf>): string {
  return tails.length > 1 ? ', each replay a line' : ''
}

function subtitle(sides: Sides): string {
  const { scenario, pools, load } = sides.at(-1)!.result
  const names = pools.map(({ name }) => name).join(', ')
  const loads = load === null ? '' : `, load ${loadText(load)}`
  const runs = sides.toReversed().map(({ name, result }) => {
    const each = `${runsText(result)} × ${requestsEach(result)} requests`
    if (name === 'measured') return each
    const band = `median and 95 % band of ${runsText(result)}`
    return `simulation: ${result.runs === 1 ? each : band}`
  })
  return [`${scenario.name}, pool${pools.length > 1 ? 's' : ''} ${names}${loads}`, ...runs].join(
    ' · ',
  )
}

/** Mean number of requests of a run. */
function requestsEach({ classes, runs }: Result): string {
  const arrived = classes.reduce((sum, { counts }) => sum + counts.arrived, 0)
  return count(Math.round(arrived / Math.max(1, runs)))
}
