import type { TopLevelSpec } from 'vega-lite'
import type { Comparison, WhatIf } from '../../../sim/documents/index.ts'
import { plural, signedPercent } from '../../format.ts'
import { changesText, measuredText } from '../../what-if-text.ts'
import {
  frame,
  keyWords,
  type Layer,
  logTicks,
  narrow,
  plotWidth,
  type ReportInput,
  word,
} from '../frame.ts'
import { type Channel, linear, logarithmic, PIXEL_Y } from '../plot.ts'
import { LIGHT } from '../theme.ts'
import { middleOf, NOT_JUDGED, ROW, rangeRows } from './range-rows.ts'
import { hasRatios, type RatioRow, whatIfFinding } from './what-if-finding.ts'

/** Pixels from the middle of a row. */
const OFFSETS = { predicted: -15, measured: 3, rounds: 17 } as const
/** Space for the errors right of the plot. */
const ERRORS = 52
/** Ratios that differ by more than this factor are drawn on a log axis. */
const LINEAR_UP_TO = 3
/** An interval can extend the axis by this factor; a wider one is cut at the edge of the plot. */
const STRETCH = 2

const KEYS = [
  { name: 'predicted', color: LIGHT.simulated },
  { name: 'measured', color: LIGHT.measured },
  { name: 'A/A spread', color: LIGHT.muted },
] as const

/** The ratio B/A of each percentile: predicted, measured, and the range of noise alone. */
export function whatIfChart({ comparison }: ReportInput, width: number): TopLevelSpec | null {
  const whatIf = comparison?.what_if
  const rows = whatIf?.percentiles.filter(hasRatios) ?? []
  if (!comparison || !whatIf || rows.length === 0) return null
  const wide = plotWidth(width, ERRORS)
  const x = axisOf(rows, width)
  const [least, most] = x.scale.domain
  const inside = (ratio: number) => Math.max(least, Math.min(most, ratio))
  const mark = ({ value, low, high }: RatioRow['measured'], side: 'predicted' | 'measured') => ({
    range: low === null || high === null ? null : { low: inside(low), high: inside(high) },
    dots: [value],
    color: LIGHT[side === 'predicted' ? 'simulated' : 'measured'],
    offset: OFFSETS[side],
  })
  const drawn = rows.map((row) => ({
    p: row.p,
    judged: row.verdict !== null,
    band: scatter(row),
    marks: [mark(row.predicted, 'predicted'), mark(row.measured, 'measured')],
  }))
  return {
    ...frame(whatIfFinding(rows, whatIf), subtitle(rows, whatIf, comparison), width),
    width: wide,
    height: ROW * rows.length,
    layer: [
      ...rangeRows(drawn, x, { reference: 1, bandOpacity: 0.18, dotSize: 80 }),
      roundDots(rows, x),
      ...errors(rows, wide + 10),
      ...keyWords(KEYS, width),
    ],
  }
}

function subtitle(
  rows: readonly RatioRow[],
  whatIf: WhatIf,
  { scenario, replications }: Comparison,
): string {
  const changes = changesText(whatIf)
  const [first = '', second, ...others] = changes
  const changed = others.length > 0 ? [first, plural(changes.length - 1, 'other change')] : changes
  return [
    scenario.name,
    ...(second === undefined ? [first] : changed),
    'latency of B over latency of A',
    `predicted: median of ${plural(replications, 'replication')}, bar: 95 % of them`,
    `measured: ${measuredText(whatIf)} (small dots: rounds), 95 % over blocks`,
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

/** Steps of each decade, from the finest. */
const STEPS = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1]] as const

/** As many ticks of a log axis as fit; 1 is always among them. */
function ticks([low, high]: readonly [number, number], width: number): number[] {
  const most = narrow(width) ? 6 : 12
  const choices = STEPS.map((steps) => logTicks(low, high, steps))
  return choices.find((choice) => choice.length <= most) ?? [1]
}

/** Covers every dot, the noise and "no change", and intervals up to STRETCH. */
function axisOf(rows: readonly RatioRow[], width: number): Channel {
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
  const small = narrow(width)
  const title = small ? 'ratio B/A' : 'latency of B over latency of A'
  const labels = {
    labelExpr: `datum.value === 1 ? ['1', 'no change'] : format(datum.value, '~g')`,
    labelOverlap: false,
  }
  if (high / low > LINEAR_UP_TO) {
    const margin = (high / low) ** 0.04
    const domain = [low / margin, high * margin] as const
    const values = ticks(domain, width)
    return logarithmic('low', domain, { ...labels, title: `${title} (log scale)`, values })
  }
  const margin = 0.04 * (high - low || 1)
  const axis = { ...labels, title, tickCount: small ? 6 : 8 }
  return linear('low', [low - margin, high + margin], axis)
}

/** Ratios of single rounds, as small dots below the measured ratio. */
function roundDots(rows: readonly RatioRow[], x: Channel): Layer {
  const values = rows.flatMap(({ each }, i) =>
    each.map(({ ratio }) => ({ low: ratio, y: middleOf(i) + OFFSETS.rounds })),
  )
  return {
    data: { values },
    mark: { type: 'point', filled: true, size: 22, opacity: 0.7, color: LIGHT.measured },
    encoding: { x, y: PIXEL_Y },
  }
}

/** The error of each prediction right of the plot, red if it failed. */
function errors(rows: readonly RatioRow[], x: number): Layer[] {
  return [
    word('error', x, -13, { color: LIGHT.muted, align: 'left' }),
    ...rows.map(({ error_relative, verdict }, i) => {
      const color = verdict === 'FAIL' ? LIGHT.limit : verdict === 'PASS' ? LIGHT.ink : LIGHT.muted
      return word(signedPercent(error_relative), x, middleOf(i), { color, align: 'left' })
    }),
  ]
}
