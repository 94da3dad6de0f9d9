import { median } from 'simple-statistics'
import type { TopLevelSpec } from 'vega-lite'
import { frame, type Layer, labels, largest, narrow } from '../../reports/charts/frame.ts'
import { count, percentileName, plural, signedPercent } from '../../reports/format.ts'
import { textWidth } from '../../reports/text.ts'
import { LABEL_SIZE, LIGHT } from '../../reports/theme.ts'
import { structureTolerance } from '../../sim/experiment/structure-check.ts'
import type { ReplayError, Verdict } from '../../sim/stats/index.ts'
import {
  type Band,
  errorAxis,
  errorBands,
  errorDots,
  type RowLayout,
  rowLayout,
  verdictColor,
  ZERO,
} from './chart-rows.ts'
import type { FidelityReport } from './main.ts'

/** Of the dots of one percentile, px. */
const LINE = 10
const MARGIN = 4
/** The axis ends at this many times the widest tolerance, or at the largest error. */
const STRETCH = 2

interface Row {
  readonly name: string
  readonly verdict: Verdict
  readonly lines: readonly { readonly p: number; readonly errors: readonly ReplayError[] }[]
}

interface Dot {
  readonly row: Row
  readonly p: number
  readonly error: number
  readonly verdict: Verdict
  readonly y: number
}

/** The error of every replay rebuilt from its own machine, a row for each case. */
export function structureChart({ cases }: FidelityReport, width: number): TopLevelSpec | null {
  const rows = cases.map(({ name, checks, percentiles }) => ({
    name,
    verdict: checks.structure.verdict,
    lines: percentiles
      .filter(({ verdicts }) => verdicts.structure !== null)
      .map(({ p, structure }) => ({ p, errors: structure })),
  }))
  const levels = [...new Set(rows.flatMap(({ lines }) => lines.map(({ p }) => p)))].sort(
    (a, b) => a - b,
  )
  if (levels.length === 0) return null
  const layout = rowLayout(
    rows.map(({ name, verdict }) => ({ name, note: verdict, color: verdictColor(verdict) })),
    { body: levels.length * LINE + 2 * MARGIN, width },
  )
  const top = (row: number, p: number) => layout.top(row) + MARGIN + LINE * levels.indexOf(p)
  const dots = rows.flatMap((row, i) =>
    row.lines.flatMap(({ p, errors }) =>
      errors.map(({ error_relative: error, verdict }): Dot => {
        return { row, p, error, verdict, y: top(i, p) + LINE / 2 }
      }),
    ),
  )
  const bands = rows.flatMap((row, i) =>
    row.lines.map(({ p, errors }): Band => {
      const measured = median(errors.map((error) => error.measured))
      const tolerance = structureTolerance(measured) / measured
      return { low: -tolerance, high: tolerance, y: top(i, p), y2: top(i, p) + LINE }
    }),
  )
  return {
    ...frame(finding(rows, dots), subtitle(levels), width),
    width: layout.width,
    height: layout.height,
    layer: [...marks(dots, bands, layout, width), ...layout.layers],
  }
}

function subtitle(levels: readonly number[]): string {
  return [
    'simulated − measured latency, relative',
    `a dot for each replay; in each row from the top ${levels.map(percentileName).join(', ')}`,
    'shaded: max(1 %, 30 µs)',
    'hollow: undecided',
    'red: failed',
    'arrow: beyond the axis',
  ].join(' · ')
}

function marks(
  dots: readonly Dot[],
  bands: readonly Band[],
  layout: RowLayout,
  width: number,
): Layer[] {
  const widest = Math.max(...bands.map(({ high }) => high))
  const farthest = Math.max(...dots.map(({ error }) => Math.abs(error)))
  const reach = 1.05 * Math.min(Math.max(widest, farthest), STRETCH * widest)
  const x = errorAxis(reach, 'relative structure error', narrow(width) ? 5 : 9)
  const drawn = dots.map(({ error, y, verdict }) => ({
    error,
    y,
    color: verdict === 'FAIL' ? LIGHT.limit : LIGHT.simulated,
    hollow: verdict === 'UNDECIDED',
  }))
  return [
    errorBands(bands, x, { color: LIGHT.muted, opacity: 0.18 }),
    ZERO,
    ...errorDots(drawn, x, 20),
    ...outliers(dots, reach, layout.width),
  ]
}

/** Of each row that did not pass, the dot that is furthest off, in words at its outer side. */
function outliers(dots: readonly Dot[], reach: number, width: number): Layer[] {
  const rows = [...new Set(dots.map(({ row }) => row))]
  return rows.flatMap((row) => {
    const bad = dots.filter((dot) => dot.row === row && dot.verdict === row.verdict)
    const worst = largest(bad, ({ error }) => Math.abs(error))
    if (row.verdict === 'PASS' || worst === undefined) return []
    const more = bad.length > 1 ? ` and ${bad.length - 1} more` : ''
    const text = `${signedPercent(worst.error)} at ${percentileName(worst.p)}${more}`
    const at = Math.max(-reach, Math.min(reach, worst.error))
    const x = (width * (at + reach)) / (2 * reach)
    const room = textWidth(text, LABEL_SIZE) + 12
    const outward = worst.error > 0 ? x + room < width : x - room > 0
    const right = worst.error > 0 === outward
    return labels([{ x, y: worst.y, text, color: verdictColor(worst.verdict) }], {
      align: right ? 'left' : 'right',
      dx: right ? 8 : -8,
    })
  })
}

function finding(rows: readonly Row[], dots: readonly Dot[]): string {
  const failed = dots.filter(({ verdict }) => verdict === 'FAIL')
  const open = dots.filter(({ verdict }) => verdict === 'UNDECIDED').length
  const all = plural(dots.length, 'structure error')
  const undecided = open === 0 ? '' : `; ${count(open)} undecided`
  const worst = largest(failed, ({ error }) => Math.abs(error))
  if (worst === undefined) {
    return open === 0
      ? `All ${all} of ${plural(rows.length, 'scenario')} are within max(1 %, 30 µs)`
      : `None of ${all} is beyond max(1 %, 30 µs)${undecided}`
  }
  const are = failed.length === 1 ? 'is' : 'are'
  const far = `${signedPercent(worst.error)} at ${percentileName(worst.p)} of ${worst.row.name}`
  return `${count(failed.length)} of ${all} ${are} beyond max(1 %, 30 µs), the worst ${far}${undecided}`
}
