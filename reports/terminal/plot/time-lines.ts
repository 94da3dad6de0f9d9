import { mean } from 'simple-statistics'
import type { Series } from '../../../sim/documents/index.ts'
import type { Sides, World } from '../../charts/frame.ts'
import { supportedPercentile } from '../../charts/latency/latency-over-time.ts'
import { declared, threeDigits } from '../../format.ts'
import {
  type Curve,
  type PlotText,
  type Point,
  plotColumns,
  plotText,
  type Tick,
} from './layers.ts'

const ROWS = 6

/** Rate, queue and latency over the time of the run, on one axis of time. */
export function timeLines(sides: Sides, width: number): PlotText[] {
  const columns = plotColumns(width)
  const [{ result }] = sides
  const { bucket_s: bucketS, arrived_rps: arrived } = result.series
  if (arrived.length === 0) return []
  const endS = arrived.length * bucketS
  const xTicks = steps(0, endS, 6).map((at) => ({ at, text: `${declared(at)} s` }))
  const last = sides.at(-1)!.result.series
  const draw = (title: string, curves: readonly Curve[]): PlotText => {
    const highest = Math.max(0, ...curves.flatMap(({ points }) => points.map(([, y]) => y)))
    const top = highest > 0 ? highest : 1
    const yTicks = steps(0, top, 3).map((at): Tick => ({ at, text: threeDigits(at) }))
    const plot = { title, curves, width, height: ROWS, xTicks, yTicks }
    return plotText({ ...plot, yRange: [0, top] })
  }
  const curve = ({ name }: World, values: readonly (number | null)[]): Curve => ({
    name,
    look: name === 'simulated' ? 'heavy' : 'light',
    points: thinned(values, bucketS, columns),
  })
  const rates = [
    { name: 'arrived', look: 'dots', points: thinned(last.arrived_rps, bucketS, columns) } as const,
    ...sides.map((side) => curve(side, side.result.series.served_rps)),
  ]
  const queues = sides.map((side) => curve(side, side.result.series.queue_mean))
  const p = supportedPercentile(last, columns)
  const latencies = sides.map((side) => curve(side, quantiles(side.result.series, p)))
  return [
    draw('Requests served per second', rates),
    draw('Requests waiting, mean', queues),
    draw(`p${declared(100 * p)} latency of each interval, ms`, latencies),
  ]
}

/** Means over as many stretches as the plot has columns. */
function thinned(values: readonly (number | null)[], bucketS: number, columns: number): Point[] {
  const perColumn = Math.max(1, Math.ceil(values.length / columns))
  return Array.from({ length: Math.ceil(values.length / perColumn) }, (_, i) => {
    const observed = values
      .slice(i * perColumn, (i + 1) * perColumn)
      .filter((value) => value !== null)
    return observed.length === 0 ? [] : [[i * perColumn * bucketS, mean(observed)] satisfies Point]
  }).flat()
}

/** The percentile in each interval; null where nothing ended. */
function quantiles({ heat }: Series, p: number): (number | null)[] {
  return heat.counts.map((row) => {
    const total = row.reduce((sum, n) => sum + n, 0)
    let below = 0
    const at = row.findIndex((n) => {
      below += n
      return total > 0 && below >= p * total
    })
    return at < 0 ? null : Math.sqrt(heat.latency_edges[at]! * heat.latency_edges[at + 1]!)
  })
}

/** Round numbers from `low` to `high`, at most `most` after the first: steps of 1, 2 or 5. */
function steps(low: number, high: number, most: number): number[] {
  const least = (high - low) / most
  const decade = 10 ** Math.floor(Math.log10(least))
  const step = decade * [1, 2, 5, 10].find((factor) => factor * decade >= least)!
  const count = Math.floor((high - low) / step + 1e-9)
  return Array.from({ length: count + 1 }, (_, i) => Number((low + i * step).toPrecision(12)))
}
