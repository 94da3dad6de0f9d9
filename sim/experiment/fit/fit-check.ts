import type { Verdict } from '../../documents/index.ts'
import {
  PERCENTILES,
  percentileLabel,
  positiveMean,
  supports,
  supportsVerdict,
  tInterval,
} from '../../stats/index.ts'
import type { RunSummary } from '../figures/run-summary.ts'
import { CORRELATION_TOLERANCE, FIT_TOLERANCE, WIDEST_FACTOR } from './fit-limits.ts'
import type { SampleFigures } from './fit-scenario.ts'

/** A figure of a trace, and of the traffic fitted to it. */
export interface FitRow {
  readonly name: string
  readonly trace: number
  readonly fit: number
  readonly low: number | null
  readonly high: number | null
  /** null for a figure without a verdict */
  readonly verdict: Verdict | null
}

/** Rate, burstiness and lengths, of trace and fit. */
export function statisticsRows(
  trace: SampleFigures,
  fits: readonly SampleFigures[],
  fitted: readonly number[],
): FitRow[] {
  const row = (
    name: string,
    figure: (of: SampleFigures) => number | undefined,
    judge: 'judged' | 'shown',
  ): FitRow[] => {
    const expected = figure(trace)
    const values = fits.map(figure).filter((value) => value !== undefined)
    if (expected === undefined || values.length === 0) return []
    const { value, low, high } = positiveMean(values)
    const tolerance = FIT_TOLERANCE * Math.abs(expected)
    const verdict = judge === 'judged' ? meanVerdict([low, high], expected, tolerance) : null
    return [{ name, trace: expected, fit: value, low, high, verdict }]
  }
  const window = (s: number) => (of: SampleFigures) =>
    of.windows.find(({ window_s }) => window_s === s)
  const windows = trace.windows.map(({ window_s }) => window_s)
  return [
    ...row('rate, 1/s', (of) => of.mean_rps, 'judged'),
    ...windows.flatMap((s) =>
      row(
        `dispersion, ${s} s`,
        (of) => window(s)(of)?.dispersion,
        fitted.includes(s) ? 'judged' : 'shown',
      ),
    ),
    ...row('CV of gaps', (of) => of.gaps.cv, 'judged'),
    ...row('median gap, s', (of) => of.gaps.p50, 'shown'),
    ...row('p99 of gaps, s', (of) => of.gaps.p99, 'shown'),
    ...windows.flatMap((s) => row(`idle, ${s} s`, (of) => window(s)(of)?.idle_share, 'shown')),
    ...(['input_tokens', 'output_tokens'] as const).flatMap((column) =>
      (['p50', 'p90', 'p99', 'mean'] as const).flatMap((key) =>
        row(`${column} ${key}`, (of) => of[column]?.[key], 'judged'),
      ),
    ),
    ...correlationRow(trace, fits),
  ]
}

function correlationRow(trace: SampleFigures, fits: readonly SampleFigures[]): FitRow[] {
  const expected = trace.rankCorrelation
  const values = fits.map((of) => of.rankCorrelation).filter((value) => value !== null)
  if (expected === null || values.length === 0) return []
  const { value, low, high } = tInterval(values)
  const verdict = meanVerdict([low, high], expected, CORRELATION_TOLERANCE)
  return [{ name: 'rank correlation', trace: expected, fit: value, low, high, verdict }]
}

/** PASS where all of a mean's interval is within the tolerance, FAIL where none of it is. */
function meanVerdict(
  [low, high]: readonly [number | null, number | null],
  expected: number,
  tolerance: number,
): Verdict {
  if (low === null || high === null) return 'UNDECIDED'
  if (low >= expected - tolerance && high <= expected + tolerance) return 'PASS'
  return high < expected - tolerance || low > expected + tolerance ? 'FAIL' : 'UNDECIDED'
}

/**
 * Latency of the trace, and the range that contains 95 % of the replications. If trace and fit are
 * alike, the trace is like a further replication, and lies outside that range with 5 % (Monte Carlo
 * test, Barnard 1963): then FAIL. A range wider than a factor of 4 is UNDECIDED.
 */
export function tailRows(trace: RunSummary, fits: readonly RunSummary[]): FitRow[] {
  const { n } = trace.all
  const rows = PERCENTILES.flatMap((p, i) => {
    if (!supports(n, p)) return []
    const name = `latency ${percentileLabel(p)}, ms`
    const values = fits.map(({ all }) => all.percentiles[i]!)
    const expected = trace.all.percentiles[i]!
    return [tailRow(name, expected, values, supportsVerdict(n, p))]
  })
  const mean = tailRow(
    'mean latency, ms',
    trace.all.mean,
    fits.map(({ all }) => all.mean),
    true,
  )
  return [mean, ...rows]
}

function tailRow(name: string, trace: number, values: readonly number[], judged: boolean): FitRow {
  const sorted = values.toSorted((a, b) => a - b)
  const outside = Math.floor(0.025 * (sorted.length + 1))
  const fit = sorted[sorted.length >> 1]!
  if (outside < 1) return { name, trace, fit, low: null, high: null, verdict: 'UNDECIDED' }
  const [low, high] = [sorted[outside - 1]!, sorted.at(-outside)!]
  const verdict =
    trace < low || trace > high ? 'FAIL' : high > WIDEST_FACTOR * low ? 'UNDECIDED' : 'PASS'
  return { name, trace, fit, low, high, verdict: judged ? verdict : null }
}
