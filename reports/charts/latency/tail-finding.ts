import { isTimed, parseObjective } from '../../../scenarios/index.ts'
import { type Result, type TailPoint, worst } from '../../../sim/documents/index.ts'
import {
  capitalise,
  estimateText,
  exactText,
  halfWidth,
  inWords,
  ofLimitText,
  percentileName,
  time as timeText,
  valueText,
} from '../../format.ts'
import { lostText } from '../../tables/lost.ts'
import { largest, type ReportInput, type Sides } from '../frame.ts'
import { checksOfTime, figuresOf, type TailTime, TIME_NAMES, tailsOf } from './tail-time.ts'

/** The number of nines of a percentile: 0.99 is 2. */
export function nines(p: number): number {
  return -Math.log10(1 - p)
}

/** One curve for each replay; the mean curve if a document has no single ones. */
export function measuredTails(
  { measured }: ReportInput,
  time: TailTime,
): readonly (readonly TailPoint[])[] {
  if (!measured) return []
  const { tail, tails } = tailsOf(measured, time)
  return tails.length > 0 ? tails : [tail]
}

/** The finding of the chart of a time in one sentence. */
export function tailFinding(sides: Sides, input: ReportInput, time: TailTime): string {
  if (sides.length === 1) return ofOne(sides[0].result, time)
  const text = ofBoth(input, time)
  return time === 'latency' ? capitalise(text) : `${TIME_NAMES[time]}: ${text}`
}

/** "TTFT p99", and of the latency the percentile alone. */
const named = (time: TailTime, level: string) =>
  time === 'latency' ? level : `${TIME_NAMES[time]} ${level}`

/** "Simulation only: p99 is 12 ms, 0.8 of the limit": the objective nearest to its limit. */
function ofOne(result: Result, time: TailTime): string {
  const world = result.world === 'simulated' ? 'Simulation only' : 'Measurement only'
  // objectives are of a class and of all arrivals: curves over all classes, and of the served
  // requests, do not show them
  if (result.classes.length > 1 || anyLost([{ result }])) return ofServed(result, time, world)
  const candidates = result.objectives.flatMap(({ text, estimate, verdict }) => {
    const objective = parseObjective(text)
    // a curve over the run does not show its worst window
    if (objective === null || !isTimed(objective) || objective.kind !== time) return []
    if (objective.window_s !== null) return []
    if (estimate.value === null) return []
    return [{ ...objective, estimate, verdict, value: estimate.value }]
  })
  const nearest = largest(candidates, ({ value, limitMs }) => value / limitMs)
  if (nearest) {
    const { percentile, value, limitMs, estimate, verdict } = nearest
    const what = `${world}: ${named(time, percentileName(percentile))} is`
    if (verdict === 'UNDECIDED') {
      return `${what} ${estimateText(estimate, 'time')}; whether that is below ${exactText(limitMs, 'time')} is undecided`
    }
    return `${what} ${valueText(estimate, 'time')}, ${ofLimitText(value / limitMs)}`
  }
  return ofServed(result, time, world)
}

const LEVELS = [
  ['p99', 0.99],
  ['p95', 0.95],
  ['p90', 0.9],
  ['p50', 0.5],
] as const

/** The highest usual percentile that the sample supports: of the only class, or over all. */
function ofServed(result: Result, time: TailTime, world: string): string {
  const [only, ...others] = result.classes
  const share = lostText(result.classes.map(({ counts }) => counts))
  const lost = share === null ? '' : ' of the others'
  const toLast = time === 'latency' && result.classes.some(({ tokens }) => tokens !== null)
  const answered = toLast ? ' to the last token' : ''
  const served = `${lost}${answered}`
  // what becomes of most requests comes before the latency of those that are left
  const then = share === null ? `${world}:` : `${world}: ${share};`
  for (const [level, p] of LEVELS) {
    if (others.length === 0 && only !== undefined) {
      const estimate = figuresOf(only, time)?.percentiles[level]
      if (estimate !== undefined && estimate.value !== null) {
        return `${then} ${named(time, level)}${served} is ${valueText(estimate, 'time')}`
      }
    } else {
      const point = tailsOf(result, time).tail.find((candidate) => Math.abs(candidate.p - p) < 1e-9)
      if (point) {
        const text = timeText(point.value, halfWidth(point))
        return `${then} ${named(time, level)} over all classes${served} is ${text}`
      }
    }
  }
  return `${then} no percentile is supported by the sample`
}

/** Whether so many requests were lost that figures of the served ones must be named so. */
export function anyLost(sides: readonly { readonly result: Result }[]): boolean {
  return sides.some(({ result }) => lostText(result.classes.map(({ counts }) => counts)) !== null)
}

/**
 * Position of the replays relative to the band, after the verdict on the tails if they were
 * compared.
 */
function ofBoth(input: ReportInput, time: TailTime): string {
  const replays = measuredTails(input, time)
  const exits = replays.map((tail) => firstExit(tail, input, time)).filter((p) => p !== null)
  const left =
    exits.length > 0
      ? `${replaysOf(exits.length, replays.length)} left the band above ${namedPercentile(Math.min(...exits))}`
      : null
  const rest = left === null ? '' : `; ${left}`
  const checks = input.comparison && checksOfTime(input.comparison, time)
  const made = checks && [checks.structure, checks.prediction].flatMap((check) => check ?? [])
  switch (made && worst(made.map(({ verdict }) => verdict))) {
    case 'PASS':
      return `simulated and measured tails agree${rest}`
    case 'FAIL':
      return `simulated and measured tails differ${rest}`
    case 'UNDECIDED':
      return `${left ?? 'no replay left the band'}; too little evidence for a verdict`
    default:
      return left ?? 'no replay left the simulated band'
  }
}

/** The named percentile at or below `p`. */
function namedPercentile(p: number): string {
  const named = [0.999, 0.99, 0.95, 0.9, 0.5].find((level) => p >= level - 1e-9)
  return percentileName(named ?? p)
}

function replaysOf(some: number, total: number): string {
  if (total === 1) return 'the replay'
  if (some === total) return total === 2 ? 'both replays' : `all ${inWords(total)} replays`
  return `${inWords(some)} ${some === 1 ? 'replay' : 'replays'} of ${inWords(total)}`
}

/**
 * The first percentile from the median up at which a replay is outside the simulated band by more
 * than the tolerance; null if it stays inside.
 */
function firstExit(tail: readonly TailPoint[], input: ReportInput, time: TailTime): number | null {
  const tolerance = input.comparison?.tolerance ?? { relative: 0, absolute_ms: 0 }
  for (const { p, low, high } of input.simulated ? tailsOf(input.simulated, time).tail : []) {
    const value = p < 0.5 ? null : valueAt(tail, p)
    if (value === null || low === null || high === null) continue
    const slack = Math.max(tolerance.relative * value, tolerance.absolute_ms)
    if (value > high + slack || value < low - slack) return p
  }
  return null
}

/** Latency at `p`, interpolated linearly in nines; null outside the curve. */
function valueAt(tail: readonly TailPoint[], p: number): number | null {
  const after = tail.findIndex((point) => point.p >= p - 1e-9)
  if (after < 0) return null
  const right = tail[after]!
  const left = tail[after - 1]
  if (!left) return Math.abs(right.p - p) < 1e-9 ? right.value : null
  const share = (nines(p) - nines(left.p)) / (nines(right.p) - nines(left.p))
  return left.value + Math.min(1, share) * (right.value - left.value)
}
