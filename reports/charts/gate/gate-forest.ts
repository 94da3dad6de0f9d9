import type { TopLevelSpec } from 'vega-lite'
import type { Gate, GateCase, GateMetric } from '../../../sim/documents/index.ts'
import { isSameFigure } from '../../../sim/experiment/index.ts'
import { capitalise, cut, NONE, plural, threeDigits } from '../../format.ts'
import { caseName, changeOf, metricName } from '../../gate/gate-rows.ts'
import { frame, narrow, plotWidth, word } from '../frame.ts'
import { type Channel, intervalMarks, labels, linear, PIXEL_Y, valueLine } from '../plot.ts'
import { LIGHT } from '../theme.ts'

const ROW = 38
/** Space for the changes right of the plot, and for the names in it, px. */
const CHANGES = 60
/** No ratio is drawn further from 1 than this factor. */
const FARTHEST = 4
/** No narrower axis: the margin has to be seen. */
const LEAST = 2

type Ratio = GateMetric & { readonly ratio: number }

/**
 * The ratio head over base of each metric with its interval, on the band of the margin: what is
 * right of the band is worse. Null where no metric has a ratio.
 */
export function gateForest(gate: Gate, gateCase: GateCase, width: number): TopLevelSpec | null {
  const rows = gateCase.metrics.flatMap((metric): Ratio[] => {
    const ratio = metric.ratio ?? (isFirstLoss(metric) ? Number.POSITIVE_INFINITY : null)
    return ratio === null ? [] : [{ ...metric, ratio }]
  })
  if (rows.length === 0) return null
  const x = axisOf(rows, gate, width)
  const [least, most] = x.scale.domain
  const inside = (value: number) => Math.max(least, Math.min(most, value))
  const color = ({ verdict }: GateMetric) =>
    verdict === 'FAIL' ? LIGHT.limit : gateCase.measured === null ? LIGHT.simulated : LIGHT.measured
  const at = (row: number) => ROW * (row + 0.5) + 8
  const bars = rows.flatMap((row, i) => {
    const ends = endsOf(row)
    if (ends === null) return []
    const [low, high] = ends.map((end) => inside(worse(row, end)))
    return [{ low: low!, high: high!, y: at(i), color: color(row) }]
  })
  const dots = rows.map((row, i) => ({
    low: inside(worse(row, row.ratio)),
    y: at(i),
    color: color(row),
  }))
  const height = ROW * rows.length + 12
  const margins = rows.map((row, i) => ({
    low: inside(1 - (row.margin ?? 0)),
    high: inside(1 + (row.margin ?? 0)),
    y: at(i) - ROW / 2,
    y2: at(i) + ROW / 2,
  }))
  const wide = plotWidth(width, CHANGES)
  return {
    ...frame(capitalise(finding(gateCase, gate)), subtitle(rows, gateCase, gate), width),
    width: wide,
    height,
    layer: [
      {
        data: { values: margins },
        mark: { type: 'rect', color: LIGHT.muted, opacity: 0.14 },
        encoding: { x, x2: { field: 'high' }, y: PIXEL_Y, y2: { field: 'y2' } },
      },
      valueLine(1 + gate.margin, 'limit'),
      valueLine(1),
      ...intervalMarks(x, bars, dots, 80),
      ...labels(
        rows.map((row, i) => ({
          x: 4,
          y: at(i) - 10,
          text: shortName(row, width),
          color: LIGHT.ink,
        })),
        { align: 'left' },
      ),
      ...rows.map((row, i) =>
        word(changeOf(row), wide + 10, at(i), {
          align: 'left',
          color: row.verdict === 'FAIL' ? LIGHT.limit : LIGHT.ink,
        }),
      ),
    ],
  }
}

/** A share that was none has no ratio; where that fails the gate, its dot is at the edge. */
const isFirstLoss = ({ unit, base, verdict }: GateMetric) =>
  unit === 'share' && base === 0 && verdict === 'FAIL'

/** The interval of a ratio; null where it is exact, and of a share whose interval is of points. */
function endsOf({ low, high, unit, with_inputs: wide }: Ratio): readonly [number, number] | null {
  if (low !== null && high !== null) return [low, high]
  if (unit === 'share' || wide === undefined || wide.low === null) return null
  // without an end it is beyond the edge
  return [wide.low, wide.high ?? Number.POSITIVE_INFINITY]
}

/** So that right is worse for every metric. */
const worse = ({ better }: GateMetric, ratio: number) => (better === 'lower' ? ratio : 1 / ratio)

const shortName = (metric: GateMetric, width: number): string =>
  cut(metricName(metric), narrow(width) ? 28 : 70)

function axisOf(rows: readonly Ratio[], gate: Gate, width: number): Channel {
  const ends = rows
    .flatMap((row) => {
      const exact = [row.ratio, row.low ?? row.ratio, row.high ?? row.ratio]
      return [...exact, ...(endsOf(row) ?? [])].map((value) => worse(row, value))
    })
    .map((value) => Math.max(1 / FARTHEST, Math.min(FARTHEST, value)))
  const low = Math.min(1 - LEAST * gate.margin, ...ends)
  const high = Math.max(1 + LEAST * gate.margin, ...ends)
  const room = 0.05 * (high - low)
  return linear('low', [Math.max(0.01, low - room), high + room], {
    title: `${gate.gate === 'fidelity' ? 'simulated over measured' : 'head over base'} (right: worse)`,
    tickCount: narrow(width) ? 5 : 8,
  })
}

function finding(gateCase: GateCase, gate: Gate): string {
  const failed = gateCase.metrics.filter(({ verdict }) => verdict === 'FAIL')
  const [first] = failed
  const margin = `${threeDigits(100 * gate.margin)} %`
  const change = (metric: GateMetric) => {
    const text = changeOf(metric)
    return text === NONE ? '' : ` (${text})`
  }
  if (first !== undefined) {
    const others = failed.length > 1 ? `, ${metricName(first)}${change(first)} the most` : ''
    const subject =
      failed.length > 1 ? plural(failed.length, 'metric') : `${metricName(first)}${change(first)}`
    const verb = failed.length > 1 ? 'are' : 'is'
    return gate.gate === 'fidelity'
      ? `${subject} ${verb} further off than tolerated${others}`
      : `${subject} ${verb} worse by more than ${margin}${others}`
  }
  const open = gateCase.metrics.filter(({ verdict }) => verdict === 'UNDECIDED').length
  if (open > 0)
    return `${plural(open, 'metric')} of ${gateCase.metrics.length} cannot be decided yet`
  const better = gateCase.metrics.find(({ verdict }) => verdict === 'IMPROVED')
  if (better !== undefined)
    return `${metricName(better)} is better${change(better)}, and nothing worse by more than ${margin}`
  if (gateCase.metrics.every(isSameFigure)) return 'No figure has changed'
  return gate.gate === 'fidelity'
    ? 'Every figure is within its tolerance'
    : `No metric is worse by more than ${margin}`
}

function subtitle(rows: readonly Ratio[], gateCase: GateCase, gate: Gate): string {
  const far = rows.some((row) => worse(row, row.ratio) > FARTHEST)
  return [
    `${caseName(gate, gateCase)} against ${gateCase.base}`,
    gateCase.measured === null
      ? gate.gate === 'fidelity'
        ? 'dot: error of the simulation'
        : gateCase.uncertain === undefined
          ? 'dot: exact change of the simulation'
          : 'dot: change at the stated inputs, bar: 95 % with uncertain inputs'
      : 'dot: mean over blocks, bar: 99 % by an exact sign-flip test',
    gate.gate === 'fidelity' ? 'shaded: tolerance' : 'shaded: margin',
    ...(far ? [`changes beyond ${FARTHEST} times are drawn at the edge`] : []),
  ].join(' · ')
}
