import { exactText, percentileName } from '../../format.ts'
import { type Layer, logTicks, narrow, PERCENT, type World } from '../frame.ts'
import { latencyPoints } from '../latency/latency-over-time.ts'
import { type Channel, linear, logarithmic, runTime } from '../plot.ts'
import { type Limit, latencyLimits } from './limits.ts'

/** Panels over the time of a run, below one another. */

/** Width of the labels of all vertical axes, so that the panels are in line, px. */
const AXIS = 48
/** px between two panels */
export const PANEL_SPACING = 14

export interface Point {
  readonly x: number
  readonly y: number
}

interface PanelStyle {
  readonly color: string
  readonly strokeDash?: readonly number[]
}

export interface Panel {
  readonly title: string
  readonly domain: readonly [number, number]
  readonly lines: readonly (readonly Point[])[]
  /** shown from one point to the next, as clocks are */
  readonly steps?: boolean
  readonly log?: boolean
  /** shares, labelled in percent */
  readonly shares?: boolean
}

export const panelHeight = (width: number): number => (narrow(width) ? 100 : 110)

/** Values of intervals of equal length, each at the middle of its interval. */
export const midpoints = <Y>(values: readonly Y[], everyS: number): { x: number; y: Y }[] =>
  values.map((y, i) => ({ x: (i + 0.5) * everyS, y }))

/** Length of the traffic, s. */
export function endOf({ result: { series } }: World): number {
  return Math.max(1, series.heat.counts.length) * series.bucket_s
}

/** Only the lowest panel has the labels of the time. */
export function timeAxis(endS: number, width: number, last: boolean): Channel {
  const x = runTime(endS, narrow(width) ? 4 : 8)
  return last ? x : { ...x, axis: { ...x.axis, title: null, labels: false } }
}

/** The lines of a panel, each in its style. */
export function panelLines(panel: Panel, x: Channel, styles: readonly PanelStyle[]): Layer[] {
  const y = panelY(panel)
  const interpolate = panel.steps ? { interpolate: 'step-after' as const } : {}
  return panel.lines.map((values, i): Layer => {
    const { color, strokeDash } = styles[i]!
    const style = strokeDash === undefined ? { color } : { color, strokeDash: [...strokeDash] }
    return {
      data: { values: [...values] },
      mark: { type: 'line', strokeWidth: 2, ...interpolate, ...style },
      encoding: { x, y },
    }
  })
}

/** The vertical axis of a panel. */
export function panelY({ title, domain, log, shares = false }: Panel): Channel {
  const size = { minExtent: AXIS, maxExtent: AXIS }
  const axis = { title, ...size, ...(shares ? { labelExpr: PERCENT } : {}) }
  return log
    ? logarithmic('y', domain, { ...axis, values: logTicks(...domain), format: ',~g' })
    : linear('y', domain, { ...axis, tickCount: 4 })
}

/** In a narrow picture without the percentile, so that the name leaves the curve free. */
export function panelLimits(world: World, width: number): Limit[] {
  const limits = latencyLimits([world])
  if (!narrow(width)) return limits
  return limits.map((limit) => ({ ...limit, text: `< ${exactText(limit.limitMs, 'time')}` }))
}

/** Arrivals per second. */
export function loadPanel({ result: { series } }: World): Panel {
  const line = midpoints(series.arrived_rps, series.bucket_s)
  const most = Math.max(1e-9, ...series.arrived_rps)
  return { title: 'arrivals/s', domain: [0, 1.1 * most], lines: [line] }
}

/** With room for the limits of the objectives. */
export function latencyPanel(world: World, p: number): Panel {
  const points = latencyPoints(world.result.series, p)
  const limits = latencyLimits([world]).map(({ limitMs }) => limitMs)
  const values = [...points.map(({ y }) => y), ...limits]
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return {
    title: `${percentileName(p)} (ms, log scale)`,
    domain: values.length === 0 ? [1, 10] : [low / 1.3, high * 1.5],
    lines: [points],
    log: true,
  }
}
