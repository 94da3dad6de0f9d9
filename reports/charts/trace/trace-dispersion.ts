import type { TopLevelSpec } from 'vega-lite'
import type { TraceStatistics } from '../../../sim/traffic/index.ts'
import { figure } from '../../format.ts'
import { emptyChart, frame, largest, logTicks, narrow, plotWidth } from '../frame.ts'
import { labels, levelLine, logarithmic, pixel } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** Index of dispersion of the counts in windows, by the length of the window; 1 is Poisson. */
export function traceDispersion(trace: TraceStatistics, width: number): TopLevelSpec {
  const points = trace.windows.filter(({ dispersion }) => dispersion > 0)
  const subtitle = 'index of dispersion of the requests in each window'
  if (points.length === 0) return emptyChart(finding(points), subtitle, width)
  const height = narrow(width) ? 180 : 200
  const lengths = points.map(({ window_s }) => window_s)
  const values = points.map(({ dispersion }) => dispersion)
  const xDomain: [number, number] = [Math.min(...lengths) / 1.6, Math.max(...lengths) * 1.6]
  const yDomain: [number, number] = [Math.min(0.7, ...values) / 1.3, Math.max(2, ...values) * 1.6]
  const wide = plotWidth(width)
  const ticks = { labelExpr: 'datum.value' }
  const x = logarithmic('x', xDomain, {
    ...ticks,
    title: 'window (s)',
    values: lengths,
    grid: false,
  })
  const y = logarithmic('y', yDomain, {
    ...ticks,
    title: 'variance / mean',
    values: logTicks(...yDomain),
  })
  const at = (dispersion: number) => pixel(dispersion, yDomain, height, true)
  const across = (s: number) => wide - pixel(s, xDomain, wide, true)
  return {
    ...frame(finding(points), subtitle, width),
    width: wide,
    height,
    layer: [
      levelLine(at(1), LIGHT.muted),
      {
        data: {
          values: points.map(({ window_s, dispersion }) => ({ x: window_s, y: dispersion })),
        },
        mark: {
          type: 'line',
          color: LIGHT.measured,
          strokeWidth: 2,
          point: { color: LIGHT.measured },
        },
        encoding: { x, y },
      },
      ...labels(
        points.map(({ window_s, dispersion }) => ({
          x: across(window_s),
          y: at(dispersion),
          text: figure(dispersion),
          color: LIGHT.measured,
        })),
        { align: 'center', dy: -12 },
      ),
      ...labels([{ x: wide, y: at(1), text: 'Poisson', color: LIGHT.muted }], {
        align: 'right',
        dy: 11,
      }),
    ],
  }
}

function finding(points: TraceStatistics['windows']): string {
  const most = largest(points, ({ dispersion }) => dispersion)
  if (most === undefined) return 'All windows have the same number of requests'
  const { dispersion, window_s } = most
  const times = `${figure(dispersion)} times the variance of Poisson arrivals at ${window_s} s`
  if (dispersion < 1.5) return `Arrivals are about as even as Poisson: at most ${times}`
  return `Bursty: ${times}`
}
