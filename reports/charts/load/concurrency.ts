import type { TopLevelSpec } from 'vega-lite'
import {
  dodge,
  frame,
  type Layer,
  labels,
  logTicks,
  narrow,
  pixel,
  plotWidth,
  WIDE,
} from '../frame.ts'
import { LIGHT } from '../theme.ts'

/** One setting of a closed loop: concurrent requests of its clients, and their latency. */
export interface ConcurrencyPoint {
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

/** Space for the names of the lines, px. */
const LABELS = 116

/** Latency percentiles by concurrent requests: simulated as lines, measured as dots. */
export function concurrencyChart(chart: ConcurrencyChart, width = WIDE): TopLevelSpec {
  const height = narrow(width) ? 260 : 360
  const { points } = chart
  const all = points.flatMap(({ simulated, measured }) => [simulated, measured])
  const low = Math.min(...all.map(({ p50 }) => p50)) / 1.25
  const high = Math.max(...all.map(({ p99 }) => p99)) * 1.15
  const last = points.at(-1)!.users
  const x = {
    field: 'users',
    type: 'quantitative' as const,
    scale: { domain: [0, last], nice: false },
    axis: { title: 'concurrent requests', tickCount: narrow(width) ? 5 : 9 },
  }
  const y = {
    field: 'ms',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [low, high], nice: false },
    axis: { title: 'latency (ms, log scale)', values: logTicks(low, high), format: ',~g' },
  }
  const wide = plotWidth(width, LABELS)
  return {
    ...frame(chart.title, chart.subtitle, width),
    width: wide,
    height,
    layer: [...lines(points, x, y), ...dots(points, x, y), ...names()],
  }

  function names(): Layer[] {
    const { simulated, measured } = points.at(-1)!
    const texts = [
      { y: simulated.p50, text: 'p50 simulated', color: LIGHT.simulated },
      { y: measured.p50, text: 'p50 published', color: LIGHT.measured },
      { y: simulated.p99, text: 'p99 simulated', color: LIGHT.simulated },
      { y: measured.p99, text: 'p99 published', color: LIGHT.measured },
    ]
    const at = dodge(
      texts.map((text) => pixel(text.y, [low, high], height, true)),
      15,
      4,
      height,
    )
    return labels(
      texts.map((text, i) => ({ ...text, x: wide + 9, y: at[i]! })),
      { align: 'left' },
    )
  }
}

const PERCENTILES = ['p50', 'p99'] as const

function lines(points: readonly ConcurrencyPoint[], x: object, y: object): Layer[] {
  return PERCENTILES.map((p) => ({
    data: { values: points.map(({ users, simulated }) => ({ users, ms: simulated[p] })) },
    mark: { type: 'line', color: LIGHT.simulated, strokeWidth: p === 'p99' ? 2.4 : 1.2 },
    encoding: { x, y },
  }))
}

/** Filled for predicted points, hollow for fitted ones. */
function dots(points: readonly ConcurrencyPoint[], x: object, y: object): Layer[] {
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
