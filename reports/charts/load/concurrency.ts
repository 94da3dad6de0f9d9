import type { TopLevelSpec } from 'vega-lite'
import { frame, type Layer, narrow, plotWidth, WIDE } from '../frame.ts'
import { type Channel, endLabels, latencies, linear, pixel } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** One setting of a closed loop: concurrent requests of its clients, and their latency. */
interface ConcurrencyPoint {
  readonly users: number
  readonly simulated: Latency
  readonly measured: Latency
  /** whether the simulated server was fitted to this point */
  readonly fitted: boolean
}

/** ms */
interface Latency {
  readonly p50: number
  readonly p99: number
}

export interface ConcurrencyChart {
  readonly title: string
  readonly subtitle: string
  readonly points: readonly ConcurrencyPoint[]
}

const PERCENTILES = ['p50', 'p99'] as const

/** Space for the names of the lines, px. */
const LABELS = 116

/** Latency percentiles by concurrent requests: simulated as lines, measured as dots. */
export function concurrencyChart(chart: ConcurrencyChart, width = WIDE): TopLevelSpec {
  const height = narrow(width) ? 260 : 360
  const { points } = chart
  const shown = points.flatMap(({ simulated, measured }) => [simulated, measured])
  const low = Math.min(...shown.map(({ p50 }) => p50)) / 1.25
  const high = Math.max(...shown.map(({ p99 }) => p99)) * 1.15
  const last = points.at(-1)!
  const axis = { title: 'concurrent requests', tickCount: narrow(width) ? 5 : 9 }
  const x = linear('users', [0, last.users], axis)
  const y = latencies('ms', [low, high])
  const wide = plotWidth(width, LABELS)
  const names = PERCENTILES.flatMap((p) => [
    { ms: last.simulated[p], text: `${p} simulated`, color: LIGHT.simulated },
    { ms: last.measured[p], text: `${p} published`, color: LIGHT.measured },
  ])
  const ends = names.map(({ ms, ...name }) => {
    return { ...name, x: wide + 9, y: pixel(ms, [low, high], height, true) }
  })
  return {
    ...frame(chart.title, chart.subtitle, width),
    width: wide,
    height,
    layer: [...lines(points, x, y), ...dots(points, x, y), ...endLabels(ends, height)],
  }
}

function lines(points: readonly ConcurrencyPoint[], x: Channel, y: Channel): Layer[] {
  return PERCENTILES.map((p) => ({
    data: { values: points.map(({ users, simulated }) => ({ users, ms: simulated[p] })) },
    mark: { type: 'line', color: LIGHT.simulated, strokeWidth: p === 'p99' ? 2.4 : 1.2 },
    encoding: { x, y },
  }))
}

/** Filled for predicted points, hollow for fitted ones. */
function dots(points: readonly ConcurrencyPoint[], x: Channel, y: Channel): Layer[] {
  const of = (p: (typeof PERCENTILES)[number], fitted: boolean): Layer => ({
    data: {
      values: points
        .filter((point) => point.fitted === fitted)
        .map(({ users, measured }) => ({ users, ms: measured[p] })),
    },
    mark: {
      type: 'point',
      filled: true,
      opacity: 1,
      fill: fitted ? LIGHT.paper : LIGHT.measured,
      stroke: LIGHT.measured,
      strokeWidth: 1.4,
      size: p === 'p99' ? 46 : 26,
    },
    encoding: { x, y },
  })
  return PERCENTILES.flatMap((p) => [of(p, true), of(p, false)])
}
