import type { TopLevelSpec } from 'vega-lite'
import type { Comparison, PercentileComparison, Verdict } from '../../../sim/documents/index.ts'
import { capitalise, percentileName, plural, signedPercent, toleranceText } from '../../format.ts'
import { meanError } from '../../tables/comparison-table.ts'
import { replaysText } from '../../tables/summary.ts'
import { frame, keyWords, largest, narrow, plotWidth, type ReportInput } from '../frame.ts'
import { LIGHT } from '../theme.ts'
import {
  NOT_JUDGED,
  type RangeMark,
  type RangeRow,
  ROW,
  rangeRows,
  relativeErrors,
} from './range-rows.ts'

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
  const ranges = drawn.flatMap(({ band, marks }) => [band, ...marks.map(({ range }) => range)])
  const ends = ranges.flatMap((range) => (range ? [range.low, range.high] : []))
  const style = { reference: 0, bandOpacity: 0.14, dotSize: 70 }
  return {
    ...frame(finding(rows), subtitle(rows, comparison), width),
    width: plotWidth(width),
    height: ROW * rows.length,
    layer: [
      ...rangeRows(drawn, relativeErrors(ends, narrow(width) ? 5 : 9), style),
      ...keyWords([STRUCTURE, PREDICTION, NOISE], width),
    ],
  }
}

/** Whether there is a verdict on structure or prediction. */
function judged({ verdicts }: PercentileComparison): boolean {
  return verdicts.structure !== null || verdicts.prediction !== null
}

function subtitle(rows: readonly PercentileComparison[], comparison: Comparison): string {
  const { scenario, replications, tolerance } = comparison
  return [
    scenario.name,
    'simulated − measured, relative, of all requests',
    `dot: mean over ${replaysText(comparison)}, bar: smallest to largest`,
    `prediction: ${plural(replications, 'replication')}`,
    'A/A: median and largest difference, either way',
    `shaded: tolerance of the structure error, ${toleranceText(tolerance)}`,
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
    { ...STRUCTURE, errors: structure },
    { ...PREDICTION, errors: prediction },
  ]
  const marks = ofReplays.flatMap(({ errors, ...style }): RangeMark[] => {
    const mean = meanError(errors)
    const relative = errors.map((error) => error.error_relative)
    const range = { low: Math.min(...relative), high: Math.max(...relative) }
    return mean === null ? [] : [{ ...style, range, dots: [mean] }]
  })
  const { largest: far, median: middle } = noise_floor
  if (far === null) return marks
  // a difference of two replays has no sign, so its range is around 0
  const dots = middle === null ? [] : [-middle, middle]
  return [...marks, { ...NOISE, range: { low: -far, high: far }, dots }]
}

/** Where structure and prediction are within their tolerances, by the verdicts on them. */
function finding(rows: readonly PercentileComparison[]): string {
  const parts = (['structure', 'prediction'] as const).flatMap((kind) => {
    const having = (verdict: Verdict) => rows.filter(({ verdicts }) => verdicts[kind] === verdict)
    const [failed, open, passed] = [having('FAIL'), having('UNDECIDED'), having('PASS')]
    const errors = failed.flatMap((row) =>
      row[kind].map((error) => ({ p: row.p, error: error.error_relative })),
    )
    const worst = largest(errors, ({ error }) => Math.abs(error))
    if (worst) {
      const far = `${signedPercent(worst.error)} at ${percentileName(worst.p)}`
      return [`${kind} error reaches ${far} in one replay`]
    }
    const undecided = open.map(({ p }) => percentileName(p)).join(', ')
    const last = passed.at(-1)
    if (!last) return open.length > 0 ? [`${kind} error is undecided at ${undecided}`] : []
    return open.length > 0
      ? [`${kind} error stays within tolerance, undecided at ${undecided}`]
      : [`${kind} error stays within tolerance up to ${percentileName(last.p)}`]
  })
  return capitalise(parts.join('; ')) || 'No error has a verdict'
}
