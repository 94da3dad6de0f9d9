import type { TopLevelSpec } from 'vega-lite'
import type { Comparison, PercentileComparison } from '../../../sim/documents/index.ts'
import { capitalise, percentileName, plural, signedPercent } from '../../format.ts'
import { frame, keyWords, largest, median, narrow, plotWidth, type ReportInput } from '../frame.ts'
import { linear } from '../plot.ts'
import { LIGHT } from '../theme.ts'
import { NOT_JUDGED, type RangeMark, type RangeRow, ROW, rangeRows } from './range-rows.ts'

const [STRUCTURE, PREDICTION, NOISE] = [
  { name: 'structure', color: LIGHT.simulated, offset: -16 },
  { name: 'prediction', color: LIGHT.prediction, offset: 0 },
  { name: 'A/A (replay to replay)', color: LIGHT.measured, offset: 16 },
] as const

/** Relative errors of each percentile around 0: median, range over replays, tolerance shaded. */
export function errorChart({ comparison }: ReportInput, width: number): TopLevelSpec | null {
  const rows = comparison?.percentiles.filter(({ measured }) => measured.value !== null) ?? []
  if (!comparison || rows.length === 0) return null
  const drawn = rows.map((row): RangeRow => {
    const tolerance = toleranceAt(row, comparison)
    const band = { low: -tolerance, high: tolerance }
    return { p: row.p, judged: judged(row), band, marks: marksOf(row) }
  })
  const style = { reference: 0, bandOpacity: 0.14, dotSize: 70 }
  return {
    ...frame(finding(rows, comparison), subtitle(rows, comparison), width),
    width: plotWidth(width),
    height: ROW * rows.length,
    layer: [
      ...rangeRows(drawn, axisOf(drawn, narrow(width) ? 5 : 9), style),
      ...keyWords([STRUCTURE, PREDICTION, NOISE], width),
    ],
  }
}

/** Whether the sample is large enough for a verdict on structure or prediction. */
function judged({ verdicts }: PercentileComparison): boolean {
  return verdicts.structure !== null || verdicts.prediction !== null
}

function subtitle(
  rows: readonly PercentileComparison[],
  { scenario, replays, replications }: Comparison,
): string {
  return [
    scenario.name,
    'simulated − measured, relative',
    `dot: median over ${plural(replays, 'replay')}, bar: smallest to largest`,
    `prediction: ${plural(replications, 'replication')}`,
    'A/A: median and largest difference, either way',
    'shaded: tolerance',
    ...(rows.every(judged) ? [] : [NOT_JUDGED]),
  ].join(' · ')
}

/** The tolerated relative error: the larger of the relative and the absolute tolerance. */
function toleranceAt({ measured }: PercentileComparison, { tolerance }: Comparison): number {
  const { value } = measured
  return value === null || value <= 0
    ? tolerance.relative
    : Math.max(tolerance.relative, tolerance.absolute_ms / value)
}

function marksOf({ structure, prediction, noise_floor }: PercentileComparison): RangeMark[] {
  const ofReplays = [
    { ...STRUCTURE, errors: structure.map((e) => e.error_relative) },
    { ...PREDICTION, errors: prediction.map((e) => e.error_relative) },
  ]
  const marks = ofReplays.flatMap(({ errors, ...style }): RangeMark[] => {
    const middle = median(errors)
    const range = { low: Math.min(...errors), high: Math.max(...errors) }
    return middle === null ? [] : [{ ...style, range, dots: [middle] }]
  })
  const { largest: far, median: middle } = noise_floor
  if (far === null) return marks
  // a difference of two replays has no sign, so its range is around 0
  const dots = middle === null ? [] : [-middle, middle]
  return [...marks, { ...NOISE, range: { low: -far, high: far }, dots }]
}

function axisOf(rows: readonly RangeRow[], tickCount: number) {
  const ranges = rows.flatMap(({ band, marks }) => [band, ...marks.map(({ range }) => range)])
  const ends = ranges.flatMap((range) => (range ? [range.low, range.high] : []))
  const [low, high] = [Math.min(...ends), Math.max(...ends)]
  const margin = 0.04 * (high - low)
  return linear('low', [low - margin, high + margin], {
    title: 'relative error of the latency',
    labelExpr: `datum.value === 0 ? '0' : format(datum.value * 100, '+~f') + ' %'`,
    tickCount,
  })
}

/**
 * Up to which percentile structure and prediction are within the tolerance, and the worst error
 * outside it, over the percentiles with a verdict.
 */
function finding(rows: readonly PercentileComparison[], comparison: Comparison): string {
  const findingOf = (kind: 'structure' | 'prediction') => {
    const judged = rows.filter((row) => row.verdicts[kind] !== null && row[kind].length > 0)
    const last = judged.at(-1)
    if (!last) return []
    const outside = judged.flatMap((row) =>
      row[kind]
        .map((e) => ({ p: row.p, error: e.error_relative }))
        .filter(({ error }) => Math.abs(error) > toleranceAt(row, comparison)),
    )
    const worst = largest(outside, ({ error }) => Math.abs(error))
    return worst
      ? [`${kind} error reaches ${signedPercent(worst.error)} at ${percentileName(worst.p)}`]
      : [`${kind} error stays within tolerance up to ${percentileName(last.p)}`]
  }
  const parts = [...findingOf('structure'), ...findingOf('prediction')]
  return capitalise(parts.join('; ')) || 'No percentile has enough requests for a verdict'
}
