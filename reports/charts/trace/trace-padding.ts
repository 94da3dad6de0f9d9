import type { TopLevelSpec } from 'vega-lite'
import type { TraceStatistics } from '../../../sim/traffic/index.ts'
import { figure, percent } from '../../format.ts'
import { frame, narrow, PERCENT, plotWidth } from '../frame.ts'
import { linear } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** Padding efficiency if requests are batched in order of arrival and padded to the longest. */
export function tracePadding(trace: TraceStatistics, width: number): TopLevelSpec {
  const values = trace.padding
  const axis = { title: 'padding efficiency', tickCount: 4, labelExpr: PERCENT }
  const y = linear('useful', [0, 1], axis)
  const x = {
    field: 'batch',
    type: 'ordinal' as const,
    scale: { paddingInner: 0.35, paddingOuter: 0.2 },
    axis: { title: 'batch size (requests)', labelAngle: 0 },
  }
  const texts = values.map((point) => ({ ...point, text: percent(point.useful) }))
  return {
    ...frame(finding(values), 'requests batched in order of arrival', width),
    width: plotWidth(width),
    height: narrow(width) ? 170 : 190,
    layer: [
      { data: { values }, mark: { type: 'bar', color: LIGHT.prediction }, encoding: { x, y } },
      {
        data: { values: texts },
        mark: { type: 'text', dy: -8, color: LIGHT.prediction, fontSize: 11 },
        encoding: { x, y, text: { field: 'text', type: 'nominal' } },
      },
    ],
  }
}

function finding(values: TraceStatistics['padding']): string {
  const shown = values.find(({ batch }) => batch === 8) ?? values.at(-1)
  if (shown === undefined) return 'Too few requests for a batch'
  const more = figure(1 / shown.useful)
  return `Padded batches of ${shown.batch} compute ${more} times the tokens of their requests`
}
