import type { TopLevelSpec } from 'vega-lite'
import type { Comparison, PercentileComparison, ReplayError } from '../../../sim/documents/index.ts'
import { percentileName, plural, signedPercent } from '../../format.ts'
import {
  emptyChart,
  frame,
  keyWords,
  type Layer,
  largest,
  median,
  NOT_JUDGED,
  narrow,
  plotWidth,
  type ReportInput,
  rowNames,
  WIDE,
} from '../frame.ts'
import { LIGHT } from '../theme.ts'

const KINDS = [
  { name: 'structure', color: LIGHT.simulated },
  { name: 'prediction', color: LIGHT.prediction },
  { name: 'A/A (replay to replay)', color: LIGHT.measured },
] as const

const ROW = 62
const OFFSETS = [-16, 0, 16] as const

/** Relative errors of each percentile around 0: median, range over replays, tolerance shaded. */
export function errorChart(input: ReportInput, width = WIDE): TopLevelSpec {
  const { comparison } = input
  const rows = comparison?.percentiles.filter(({ measured }) => measured.value !== null) ?? []
  if (!comparison || rows.length === 0) {
    return emptyChart('No comparison, so no errors', 'needs simulated and measured runs', width)
  }
  const wide = plotWidth(width)
  return {
    ...frame(finding(rows, comparison), subtitle(rows, comparison), width),
    width: wide,
    height: ROW * rows.length,
    layer: [
      ...marks(rows, comparison, width),
      ...rowNames(
        rows.map((row) => ({ name: percentileName(row.p), judged: judged(row) })),
        ROW,
      ),
      ...keyWords(
        KINDS.map(({ name, color }) => ({ text: name, color })),
        width,
      ),
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

function errorsOf(row: PercentileComparison) {
  const { largest: far, median: middle } = row.noise_floor
  const range = (errors: readonly ReplayError[]) => errors.map((e) => e.error_relative)
  return [
    { ...KINDS[0], errors: range(row.structure) },
    { ...KINDS[1], errors: range(row.prediction) },
    // a difference of two replays has no sign, so its range is around 0
    {
      ...KINDS[2],
      errors: far === null ? [] : [-far, far],
      dots: middle === null ? [] : [-middle, middle],
    },
  ]
}

function marks(
  rows: readonly PercentileComparison[],
  comparison: Comparison,
  width: number,
): Layer[] {
  const ranges = rows.flatMap((row, i) =>
    errorsOf(row).flatMap(({ errors, color, ...kind }, k) => {
      const y = ROW * (i + 0.5) + OFFSETS[k]!
      const low = Math.min(...errors)
      const high = Math.max(...errors)
      const dots = 'dots' in kind ? kind.dots : [median(errors)]
      return errors.length === 0 ? [] : [{ y, low, high, color, dots }]
    }),
  )
  const bands = rows.map((row, i) => {
    const tolerance = toleranceAt(row, comparison)
    return { low: -tolerance, high: tolerance, y: ROW * i + 3, y2: ROW * (i + 1) - 3 }
  })
  const low = Math.min(...[...ranges, ...bands].map((range) => range.low))
  const high = Math.max(...[...ranges, ...bands].map((range) => range.high))
  const margin = 0.04 * (high - low)
  const x = {
    field: 'low',
    type: 'quantitative' as const,
    scale: { domain: [low - margin, high + margin], nice: false },
    axis: {
      title: 'relative error of the latency',
      labelExpr: `datum.value === 0 ? '0' : format(datum.value * 100, '+~f') + ' %'`,
      tickCount: narrow(width) ? 5 : 9,
    },
  }
  const color = { field: 'color', type: 'nominal' as const, scale: null }
  const pixels = { type: 'quantitative' as const, scale: null, axis: null }
  const y = { ...pixels, field: 'y' }
  return [
    {
      data: { values: bands },
      mark: { type: 'rect', color: LIGHT.muted, opacity: 0.14 },
      encoding: { x, x2: { field: 'high' }, y, y2: { field: 'y2' } },
    },
    {
      data: { values: [{}] },
      mark: { type: 'rule', color: LIGHT.muted },
      encoding: { x: { datum: 0, type: 'quantitative' } },
    },
    {
      data: { values: ranges },
      mark: { type: 'rule', strokeWidth: 2.5, opacity: 0.75, strokeCap: 'round' },
      encoding: { x, x2: { field: 'high' }, y, color },
    },
    {
      data: {
        values: ranges.flatMap(({ dots, y: at, color: of }) =>
          dots.map((low) => ({ low, y: at, color: of })),
        ),
      },
      mark: { type: 'point', filled: true, size: 70, opacity: 1 },
      encoding: { x, y, color },
    },
  ]
}

/**
 * Up to which percentile structure and prediction are within the tolerance, and the worst error
 * outside it, over the percentiles with a verdict.
 */
function finding(rows: readonly PercentileComparison[], comparison: Comparison): string {
  const of = (kind: 'structure' | 'prediction') =>
    rows.filter(({ verdicts }) => verdicts[kind] !== null)
  const outside = (kind: 'structure' | 'prediction') =>
    of(kind).flatMap((row) =>
      row[kind]
        .filter((e) => Math.abs(e.error_relative) > toleranceAt(row, comparison))
        .map((e) => ({ p: row.p, error: e.error_relative })),
    )
  const told = (kind: 'structure' | 'prediction') => {
    const last = of(kind)
      .filter((row) => row[kind].length > 0)
      .at(-1)
    if (!last) return null
    const worst = largest(outside(kind), ({ error }) => Math.abs(error))
    return worst
      ? `${kind} error reaches ${signedPercent(worst.error)} at ${percentileName(worst.p)}`
      : `${kind} error stays within tolerance up to ${percentileName(last.p)}`
  }
  const parts = [told('structure'), told('prediction')].filter((text) => text !== null)
  const text = parts.join('; ')
  return text === '' ? 'No errors could be told' : text.charAt(0).toUpperCase() + text.slice(1)
}
