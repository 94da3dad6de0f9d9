import type { TopLevelSpec } from 'vega-lite'
import type { Comparison, WhatIf } from '../../../sim/documents/index.ts'
import { percentileName, plural, signedPercent } from '../../format.ts'
import {
  emptyChart,
  frame,
  keyWords,
  type Layer,
  logTicks,
  NOT_JUDGED,
  narrow,
  plotWidth,
  type ReportInput,
  rowNames,
  WIDE,
} from '../frame.ts'
import { LABEL_SIZE, LIGHT } from '../theme.ts'
import { whatIfFinding } from './what-if-finding.ts'
import { type RatioRow, ratioRows } from './what-if-rows.ts'

const ROW = 62
/** Pixels from the middle of a row. */
const OFFSETS = { predicted: -15, measured: 3, rounds: 17 } as const
/** Space for the errors right of the plot. */
const ERRORS = 52
/** Ratios that differ by more than this factor are drawn on a log axis. */
const LINEAR_UP_TO = 3
/** An interval can extend the axis by this factor; a wider one is cut at the edge of the plot. */
const STRETCH = 2

const KEYS = [
  { text: 'predicted', color: LIGHT.simulated },
  { text: 'measured', color: LIGHT.measured },
  { text: 'A/A spread', color: LIGHT.muted },
] as const

/** The ratio B/A of each percentile: predicted, measured, and the range of noise alone. */
export function whatIfChart({ comparison }: ReportInput, width = WIDE): TopLevelSpec {
  const whatIf = comparison?.what_if
  const rows = ratioRows(whatIf)
  if (!comparison || !whatIf || rows.length === 0) {
    return emptyChart('Nothing was changed', 'needs replays of two scenarios', width)
  }
  const wide = plotWidth(width, ERRORS)
  return {
    ...frame(whatIfFinding(rows, whatIf), subtitle(rows, whatIf, comparison), width),
    width: wide,
    height: ROW * rows.length,
    layer: [
      ...marks(rows, width),
      ...rowNames(
        rows.map(({ p, verdict }) => ({ name: percentileName(p), judged: verdict !== null })),
        ROW,
      ),
      ...errors(rows, wide),
      ...keyWords(KEYS, width),
    ],
  }
}

function subtitle(
  rows: readonly RatioRow[],
  { changes, rounds }: WhatIf,
  { scenario, replications }: Comparison,
): string {
  const [first = '', second, ...others] = changes
  const changed = others.length > 0 ? [first, plural(changes.length - 1, 'other change')] : changes
  return [
    scenario.name,
    ...(second === undefined ? [first] : changed),
    'latency of B (changed) over latency of A',
    `predicted: median of ${plural(replications, 'replication')}, bar: 95 % of them`,
    `measured: ${plural(rounds, 'round')} of interleaved replays (small dots), mean and interval`,
    'shaded: how far two replays of A differ, around the measured ratio',
    ...(rows.some(({ verdict }) => verdict === null) ? [NOT_JUDGED] : []),
  ].join(' · ')
}

/**
 * Range of ratios of two replays without a change. The relative difference of two values is d = |a
 * − b| / ((a + b) / 2), so their ratio is (2 + d) / (2 − d) or its inverse.
 */
function scatter({ measured, noise_floor }: RatioRow): { low: number; high: number } | null {
  const { median } = noise_floor
  if (median === null) return null
  const factor = (2 + median) / (2 - median)
  return { low: measured.value / factor, high: measured.value * factor }
}

interface Scale {
  readonly domain: readonly [number, number]
  readonly log: boolean
}

/** Covers every dot, the noise and "no change", and intervals up to STRETCH. */
function scaleOf(rows: readonly RatioRow[]): Scale {
  const points = rows.flatMap((row) => {
    const { low, high } = scatter(row) ?? { low: row.measured.value, high: row.measured.value }
    return [row.predicted.value, row.measured.value, low, high, ...row.each.map((e) => e.ratio)]
  })
  const least = Math.min(1, ...points)
  const most = Math.max(1, ...points)
  const ends = rows
    .flatMap(({ predicted, measured }) => [predicted, measured])
    .flatMap(({ low, high }) => [low ?? least, high ?? most])
  const low = Math.max(Math.min(least, ...ends), least / STRETCH)
  const high = Math.min(Math.max(most, ...ends), most * STRETCH)
  if (high / low > LINEAR_UP_TO) {
    const margin = (high / low) ** 0.04
    return { domain: [low / margin, high * margin], log: true }
  }
  const margin = 0.04 * (high - low || 1)
  return { domain: [low - margin, high + margin], log: false }
}

/** Steps of each decade, from the finest. */
const STEPS = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1]] as const

/** As many ticks of a log axis as fit; 1 is always among them. */
function ticks([low, high]: readonly [number, number], width: number): number[] {
  const most = narrow(width) ? 6 : 12
  const choices = STEPS.map((steps) => logTicks(low, high, steps))
  return choices.find((choice) => choice.length <= most) ?? [1]
}

function xOf({ domain, log }: Scale, width: number) {
  const scale = { domain: [...domain], nice: false }
  const title = narrow(width) ? 'ratio B/A' : 'latency of B over latency of A'
  return {
    field: 'low',
    type: 'quantitative' as const,
    scale: log ? { ...scale, type: 'log' as const } : { ...scale, zero: false },
    axis: {
      title: log ? `${title} (log scale)` : title,
      labelExpr: `datum.value === 1 ? ['1', 'no change'] : format(datum.value, '~g')`,
      labelOverlap: false,
      ...(log ? { values: ticks(domain, width) } : { tickCount: narrow(width) ? 6 : 8 }),
    },
  }
}

function marks(rows: readonly RatioRow[], width: number): Layer[] {
  const scale = scaleOf(rows)
  const x = xOf(scale, width)
  const y = { field: 'y', type: 'quantitative' as const, scale: null, axis: null }
  const color = { field: 'color', type: 'nominal' as const, scale: null }
  const inside = (ratio: number) => Math.max(scale.domain[0], Math.min(scale.domain[1], ratio))
  const spans = rows.flatMap((row, i) => {
    const span = scatter(row)
    return span === null ? [] : [{ ...span, y: ROW * i + 3, y2: ROW * (i + 1) - 3 }]
  })
  const sides = rows.flatMap((row, i) =>
    (['predicted', 'measured'] as const).map((side) => ({
      ...row[side],
      y: ROW * (i + 0.5) + OFFSETS[side],
      color: side === 'predicted' ? LIGHT.simulated : LIGHT.measured,
    })),
  )
  const ranges = sides.flatMap(({ low, high, y: at, color: of }) =>
    low === null || high === null
      ? []
      : [{ low: inside(low), high: inside(high), y: at, color: of }],
  )
  const dots = sides.map(({ value, y: at, color: of }) => ({ low: value, y: at, color: of }))
  const rounds = rows.flatMap(({ each }, i) =>
    each.map(({ ratio }) => ({ low: ratio, y: ROW * (i + 0.5) + OFFSETS.rounds })),
  )
  return [
    {
      data: { values: spans },
      mark: { type: 'rect', color: LIGHT.muted, opacity: 0.18 },
      encoding: { x, x2: { field: 'high' }, y, y2: { field: 'y2' } },
    },
    {
      data: { values: [{}] },
      mark: { type: 'rule', color: LIGHT.muted },
      encoding: { x: { datum: 1, type: 'quantitative' } },
    },
    {
      data: { values: ranges },
      mark: { type: 'rule', strokeWidth: 2.5, opacity: 0.75, strokeCap: 'round' },
      encoding: { x, x2: { field: 'high' }, y, color },
    },
    {
      data: { values: dots },
      mark: { type: 'point', filled: true, size: 80, opacity: 1 },
      encoding: { x, y, color },
    },
    {
      data: { values: rounds },
      mark: { type: 'point', filled: true, size: 22, opacity: 0.7, color: LIGHT.measured },
      encoding: { x, y },
    },
  ]
}

/** The error of each prediction right of the plot, red if it failed. */
function errors(rows: readonly RatioRow[], wide: number): Layer[] {
  const texts = rows.map(({ error_relative, verdict }, i) => ({
    text: signedPercent(error_relative),
    color: verdict === 'FAIL' ? LIGHT.limit : verdict === 'PASS' ? LIGHT.ink : LIGHT.muted,
    y: ROW * (i + 0.5),
  }))
  return [{ text: 'error', color: LIGHT.muted, y: -13 }, ...texts].map(
    ({ text, color, y }): Layer => ({
      data: { values: [{}] },
      mark: { type: 'text', text, color, align: 'left', fontSize: LABEL_SIZE },
      encoding: { x: { value: wide + 10 }, y: { value: y } },
    }),
  )
}
