import { median } from 'simple-statistics'
import type { TopLevelSpec } from 'vega-lite'
import { frame, type Layer, narrow } from '../../reports/charts/frame.ts'
import { valueLine } from '../../reports/charts/plot.ts'
import { LIGHT } from '../../reports/charts/theme.ts'
import { percentileName } from '../../reports/format.ts'
import type { ReplayError, Verdict } from '../../sim/documents/index.ts'
import { LATENCY, toleranceAt } from '../../sim/experiment/comparison/measures.ts'
import { largestError } from '../mutants/index.ts'
import {
  type Band,
  type ErrorMark,
  errorAxis,
  errorBands,
  errorDots,
  errorText,
  passedText,
  rowLayout,
  verdictColor,
} from './chart-rows.ts'
import type { FidelityReport } from './fidelity-report.ts'

/** Height of the dots of one percentile, px. */
const LINE = 10
const MARGIN = 4
/** The axis ends at this multiple of the widest tolerance, or at the largest error. */
const STRETCH = 2

interface Row {
  readonly name: string
  readonly verdict: Verdict
  readonly lines: readonly {
    readonly p: number
    readonly verdict: Verdict
    readonly errors: readonly ReplayError[]
  }[]
}

interface Dot {
  readonly row: Row
  readonly p: number
  readonly error: number
  readonly verdict: Verdict
}

/** The error of every replay rebuilt from its measured machine, a row for each case. */
export function structureChart({ cases }: FidelityReport, width: number): TopLevelSpec | null {
  const rows: Row[] = cases.map(({ name, checks, percentiles }) => ({
    name,
    verdict: checks.structure.verdict,
    lines: percentiles.flatMap(({ p, structure: errors, verdicts }) =>
      verdicts.structure === null ? [] : [{ p, errors, verdict: verdicts.structure }],
    ),
  }))
  const levels = [...new Set(rows.flatMap(({ lines }) => lines.map(({ p }) => p)))].sort(
    (a, b) => a - b,
  )
  if (levels.length === 0) return null
  const dots = rows.flatMap((row) =>
    row.lines.flatMap(({ p, errors }) =>
      errors.map(({ error_relative: error, verdict }): Dot => ({ row, p, error, verdict })),
    ),
  )
  const layout = rowLayout(
    rows.map((row) => ({
      name: row.name,
      note: note(row, dots),
      color: verdictColor(row.verdict),
    })),
    { body: levels.length * LINE + 2 * MARGIN, width },
  )
  const top = (row: number, p: number) => layout.top(row) + MARGIN + LINE * levels.indexOf(p)
  const drawn = dots.map(({ row, p, error, verdict }) => ({
    error,
    y: top(rows.indexOf(row), p) + LINE / 2,
    color: verdict === 'FAIL' ? LIGHT.limit : LIGHT.simulated,
    hollow: verdict === 'UNDECIDED',
  }))
  const bands = rows.flatMap((row, i) =>
    row.lines.map(({ p, errors }): Band => {
      const measured = median(errors.map((error) => error.measured))
      const tolerance = toleranceAt(LATENCY.structure, measured) / measured
      return { low: -tolerance, high: tolerance, y: top(i, p), y2: top(i, p) + LINE }
    }),
  )
  return {
    ...frame(finding(rows, dots), subtitle(levels), width),
    width: layout.width,
    height: layout.height,
    layer: [...marks(drawn, bands, width), ...layout.layers],
  }
}

function subtitle(levels: readonly number[]): string {
  return [
    'simulated − measured latency, relative',
    `a dot for each replay; in each row from the top ${levels.map(percentileName).join(', ')}`,
    'shaded: max(1 %, 30 µs)',
    'hollow: its own noise reaches across the limit',
    'red: beyond limit and noise',
    'arrow: beyond the axis',
    'at the right: verdict, and the error that is furthest off where it is not PASS',
  ].join(' · ')
}

function marks(dots: readonly ErrorMark[], bands: readonly Band[], width: number): Layer[] {
  const widest = Math.max(...bands.map(({ high }) => high))
  const farthest = Math.max(...dots.map(({ error }) => Math.abs(error)))
  const reach = 1.05 * Math.min(Math.max(widest, farthest), STRETCH * widest)
  const x = errorAxis(reach, 'relative structure error', narrow(width) ? 4 : 9)
  return [
    errorBands(bands, x, { color: LIGHT.muted, opacity: 0.18 }),
    valueLine(0),
    ...errorDots(dots, x, 20),
  ]
}

/** The dots that decided a row: those that failed, or all at the percentiles that decided. */
function telling(row: Row, dots: readonly Dot[]): Dot[] {
  const levels = row.lines.filter(({ verdict }) => verdict === row.verdict).map(({ p }) => p)
  const here = dots.filter((dot) => dot.row === row && levels.includes(dot.p))
  const failed = here.filter(({ verdict }) => verdict === 'FAIL')
  return failed.length > 0 ? failed : here
}

/** The verdict on a row and, unless it passed, its largest error. */
function note(row: Row, dots: readonly Dot[]): string {
  const worst = largestError(telling(row, dots))
  if (row.verdict === 'PASS' || worst === null) return row.verdict
  return `${row.verdict}, ${errorText(worst.error, worst.p)}`
}

function finding(rows: readonly Row[], dots: readonly Dot[]): string {
  const verdicts = rows.map(({ verdict }) => verdict)
  const rebuilt = passedText(verdicts, 'scenario', 'rebuilt within max(1 %, 30 µs)')
  if (verdicts.every((verdict) => verdict === 'PASS')) {
    return `${rebuilt} at every judged percentile`
  }
  const failed = rows.filter(({ verdict }) => verdict === 'FAIL')
  const worst = largestError(failed.flatMap((row) => telling(row, dots)))
  if (worst === null) return rebuilt
  return `${rebuilt}; furthest off ${errorText(worst.error, worst.p)} of ${worst.row.name}`
}
