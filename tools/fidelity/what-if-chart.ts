import type { TopLevelSpec } from 'vega-lite'
import { frame, type Layer, largest, narrow } from '../../reports/charts/frame.ts'
import { PIXEL_Y, valueLine } from '../../reports/charts/plot.ts'
import { LABEL_SIZE, LIGHT } from '../../reports/charts/theme.ts'
import { percentileName, plural, signedPercent } from '../../reports/format.ts'
import type { WhatIfPercentile } from '../../sim/documents/index.ts'
import { jointError, measuredErrors, whatIfTolerance } from '../../sim/experiment/index.ts'
import {
  errorAxis,
  errorBands,
  errorDots,
  errorText,
  passedText,
  rowLayout,
  verdictColor,
  wordColumn,
} from './chart-rows.ts'
import type { FidelityReport } from './fidelity-report.ts'
import type { ChangeReport } from './judge.ts'

/** Judged percentiles of a change: p50 and p95. */
const JUDGED = 2
/** Height of one percentile, px. */
const LINE = 20
const MARGIN = 4
/** Space for "p95" left of the plot and "+12 %" right of it, px. */
const LEVELS = 34
const FIGURES = 52
/** The axis extends at least and at most this far on each side. */
const LEAST = 0.12
const MOST = 0.3

interface Line extends WhatIfPercentile {
  readonly change: string
  readonly tolerance: number
  /** of its marks, px */
  readonly y: number
}

/** The error of each predicted ratio, a row for each change. */
export function whatIfChart({ changes }: FidelityReport, width: number): TopLevelSpec | null {
  if (!changes.some(({ percentiles }) => percentiles.length > 0)) return null
  const layout = rowLayout(
    changes.map(({ name, check: { verdict } }) => {
      return { name, note: verdict, color: verdictColor(verdict) }
    }),
    { body: JUDGED * LINE + 2 * MARGIN, width, left: LEVELS, right: FIGURES },
  )
  const lines = changes.flatMap((change, row) =>
    linesOf(change, (index) => layout.top(row) + MARGIN + LINE * (index + 0.5)),
  )
  return {
    ...frame(finding(changes, lines), subtitle(changes), width),
    width: layout.width,
    height: layout.height,
    layer: [
      ...marks(lines, width),
      ...wordColumn(
        lines.map(({ p, y }) => ({ text: percentileName(p), y, color: LIGHT.muted })),
        { x: -8, align: 'right', size: LABEL_SIZE - 1 },
      ),
      ...wordColumn(
        lines.map(({ error_relative, verdict, y }) => {
          return { text: signedPercent(error_relative), y, color: verdictColor(verdict) }
        }),
        { x: layout.width + 8, align: 'left' },
      ),
      ...layout.layers,
    ],
  }
}

function linesOf({ name, percentiles }: ChangeReport, y: (index: number) => number): Line[] {
  const judged = percentiles.flatMap((row) => {
    const tolerance = whatIfTolerance(row)
    return tolerance === null ? [] : [{ ...row, change: name, tolerance }]
  })
  return judged.map((row, index) => ({ ...row, y: y(index) }))
}

/** Errors of a ratio by the intervals of both sides; null where there is no figure. */
export function jointErrors(row: WhatIfPercentile): { low: number; high: number } | null {
  const difference = jointError(row)
  if (difference === null) return null
  return { low: Math.expm1(difference.low), high: Math.expm1(difference.high) }
}

function subtitle(changes: readonly ChangeReport[]): string {
  const blocks = changes.map((change) => change.blocks)
  const [fewest, most] = [Math.min(...blocks), Math.max(...blocks)]
  const replayed = fewest === most ? plural(most, 'block') : `${fewest} to ${plural(most, 'block')}`
  return [
    'predicted over measured ratio of changed to unchanged latency, less 1',
    `line: against the 95 % interval of the measured ratio over ${replayed}, in which sides alternate`,
    'thin line: by the intervals of both sides',
    'shaded: tolerance, 5 % at p50, 10 % or A/A at p95, at least 50 µs',
    'hollow: undecided',
    'red: failed',
    'arrow: beyond the axis',
  ].join(' · ')
}

function marks(lines: readonly Line[], width: number): Layer[] {
  const rangesOf = (errors: (line: Line) => { low: number; high: number } | null) =>
    lines.flatMap((line) => {
      const range = errors(line)
      return range === null ? [] : [{ ...range, y: line.y }]
    })
  const [ranges, joint] = [rangesOf(measuredErrors), rangesOf(jointErrors)]
  const far = [
    ...lines.flatMap(({ error_relative, tolerance }) => [error_relative, tolerance]),
    ...ranges.flatMap(({ low, high }) => [low, high]),
  ].map(Math.abs)
  const reach = Math.max(LEAST, Math.min(MOST, 1.05 * Math.max(...far)))
  const x = errorAxis(reach, 'error of the predicted ratio', narrow(width) ? 3 : 7)
  const bands = lines.map(({ tolerance, y }) => {
    return { low: -tolerance, high: tolerance, y: y - LINE / 2 + 1, y2: y + LINE / 2 - 1 }
  })
  const inside = (error: number) => Math.max(-reach, Math.min(reach, error))
  const rule = (of: typeof ranges, strokeWidth: number): Layer => ({
    data: { values: of.map(({ low, high, y }) => ({ low: inside(low), high: inside(high), y })) },
    mark: { type: 'rule', strokeWidth, color: LIGHT.measured, strokeCap: 'round' },
    encoding: { x, x2: { field: 'high' }, y: PIXEL_Y },
  })
  const dots = lines.map(({ error_relative: error, verdict, y }) => ({
    error,
    y,
    color: verdict === 'FAIL' ? LIGHT.limit : LIGHT.simulated,
    hollow: verdict !== 'PASS' && verdict !== 'FAIL',
  }))
  return [
    errorBands(bands, x, { color: LIGHT.muted, opacity: 0.18 }),
    valueLine(0),
    rule(joint, 1),
    rule(ranges, 2.5),
    ...errorDots(dots, x, 60),
  ]
}

function finding(changes: readonly ChangeReport[], lines: readonly Line[]): string {
  const verdicts = changes.map(({ check }) => check.verdict)
  const far = (some: readonly Line[]) => largest(some, (line) => Math.abs(line.error_relative))
  const failed = far(lines.filter(({ verdict }) => verdict === 'FAIL'))
  const { change, p, error_relative } = failed ?? far(lines)!
  const worst = `${failed ? 'furthest off' : 'largest error'} ${errorText(error_relative, p)}`
  return `${passedText(verdicts, 'change', 'predicted within tolerance')}; ${worst} of ${change}`
}
