import type { Ms } from '../../serving/index.ts'
import { type Surge, surgeHeight } from '../arrivals/surge.ts'
import { logLikelihood, type SurgeRate, surgeRate } from './surge-likelihood.ts'

/** A flat rate with one surge. */
export interface FittedSurge {
  readonly surge: Surge
  /** requests/ms outside the surge */
  readonly basePerMs: number
  /** rates relative to their mean, in equal steps */
  readonly steps: readonly number[]
}

/** Counts that a fit compares with a rate. */
interface Bins {
  readonly counts: Float64Array
  readonly binMs: Ms
}

const LEAST_REQUESTS = 200
/** Fewer requests in a bin on average make its count too uncertain to place an edge. */
const REQUESTS_OF_BIN = 5
const LEAST_BINS = 40
const MOST_BINS = 480
/** Blocks of bins for the dispersion of residuals: there must be this many. */
const LEAST_BLOCKS = 20
/** Share of the trace that must show the flat rate. Otherwise it is a drift or a wave. */
const LEAST_FLAT = 0.25
/** A height below this counts as the flat rate. */
const FLAT_HEIGHT = 0.05
/**
 * Parameters of a flat rate with a surge: rate, factor, the slopes of rise and decay, and two
 * changes, which count three times each, since their places were searched (Zhang and Siegmund
 * 2007).
 */
const PARAMETERS = 10
/** Residuals of steps may exceed their expected sum of squares by this many standard deviations. */
const MOST_DEVIATIONS = 4

/**
 * The surge of a trace whose rate is flat otherwise; null where a constant rate or the steps
 * (counts in equal parts of the trace, null if there are none) explain it as well.
 *
 * Models are compared by the Bayesian information criterion (Schwarz 1978) of Poisson counts in
 * bins. The log-likelihood is divided by the dispersion of the residuals, since counts of bursty
 * traffic vary more than Poisson (quasi-likelihood, Wedderburn 1974; in model selection:
 * Lebreton et al. 1992). So a burst like many others is no surge.
 */
export function fitSurge(
  times: Float64Array,
  stepCounts: readonly number[] | null,
): FittedSurge | null {
  const durationMs = times.at(-1)! - times[0]!
  if (times.length < LEAST_REQUESTS) return null
  const bins = binsOf(times, durationMs, stepCounts?.length ?? 1)
  const { counts, binMs } = bins
  const best = bestSurge(bins)
  if (best === null) return null
  const total = times.length
  const size = counts.length
  const constant = logLikelihood(counts, () => total / size)
  const spread = stepCounts === null ? null : stepsExpected(stepCounts, size)
  const expected = (i: number) => best.expected[i]!
  const dispersion = residualDispersion(counts, spread ?? expected, stepCounts?.length ?? 1)
  const score = (log: number, parameters: number) =>
    (-2 * log) / dispersion + parameters * Math.log(size)
  const surgeScore = score(best.log, PARAMETERS)
  if (surgeScore >= score(constant, 1)) return null
  if (spread !== null && surgeScore >= score(logLikelihood(counts, spread), stepCounts!.length))
    return null
  if (spread !== null && leavesChange(stepCounts!, best.expected, dispersion)) return null
  const steps = Array.from(best.expected, (count) => (count * size) / total)
  return { surge: best.surge, basePerMs: best.base / binMs, steps }
}

function binsOf(times: Float64Array, durationMs: Ms, parts: number): Bins {
  const wanted = Math.floor(times.length / REQUESTS_OF_BIN)
  const most = Math.min(MOST_BINS, Math.max(LEAST_BINS, wanted))
  // a multiple of the steps, so that no bin lies in two of them
  const size = parts * Math.max(1, Math.floor(most / parts))
  const counts = new Float64Array(size)
  for (const time of times) {
    const i = Math.floor(((time - times[0]!) / durationMs) * size)
    counts[Math.min(i, size - 1)]! += 1
  }
  return { counts, binMs: durationMs / size }
}

const stepsExpected = (steps: readonly number[], size: number) => (i: number) =>
  (steps[Math.floor((i * steps.length) / size)]! * steps.length) / size

/**
 * The largest dispersion of the residuals over blocks of bins of several sizes: bursts that last
 * longer than a bin show in longer blocks only. `parts`: within so many parts residuals add up to
 * 0.
 */
function residualDispersion(
  counts: Float64Array,
  expected: (i: number) => number,
  parts: number,
): number {
  let most = 1
  const longest = counts.length / Math.max(LEAST_BLOCKS, parts > 1 ? 4 * parts : 1)
  for (let block = 1; block <= longest; block *= 2) {
    let sum = 0
    let blocks = 0
    for (let from = 0; from + block <= counts.length; from += block) {
      let counted = 0
      let mean = 0
      for (let i = from; i < from + block; i++) {
        counted += counts[i]!
        mean += expected(i)
      }
      if (mean === 0) continue
      sum += (counted - mean) ** 2 / mean
      blocks++
    }
    if (blocks > 0) most = Math.max(most, sum / blocks)
  }
  return most
}

interface Candidate extends SurgeRate {
  readonly surge: Surge
}

/** The surge of the largest likelihood that leaves enough of the trace flat; null for none. */
function bestSurge(bins: Bins): Candidate | null {
  const { counts, binMs } = bins
  const [from, to] = densestInterval(counts)
  const atMs = from * binMs
  const length = (to - from) * binMs
  const starts: Surge[] = [
    shape(atMs, 0, length, 0),
    shape(atMs, length / 4, length / 2, length / 2),
    { ...shape(atMs, 0, 0, 0), halfLifeMs: length / 2 },
    { ...shape(atMs, length / 4, length / 4, 0), halfLifeMs: length / 4 },
  ]
  let best: Candidate | null = null
  for (const start of starts) {
    const candidate = climbed(start, bins, length / 2)
    if (candidate !== null && (best === null || candidate.log > best.log)) best = candidate
  }
  if (best === null) return null
  const factor = 1 + best.extra / best.base
  return { ...best, surge: { ...best.surge, factor } }
}

const shape = (atMs: Ms, riseMs: Ms, holdMs: Ms, decayMs: Ms): Surge => ({
  atMs,
  riseMs,
  holdMs,
  decayMs,
  factor: 1,
})

/** The interval of bins whose rate stands out most by likelihood (Kulldorff 1997). */
function densestInterval(counts: Float64Array): [from: number, to: number] {
  const sums = [0]
  for (const count of counts) sums.push(sums.at(-1)! + count)
  const total = sums.at(-1)!
  const longest = Math.floor((1 - LEAST_FLAT) * counts.length)
  let best: [number, number] = [0, 1]
  let most = Number.NEGATIVE_INFINITY
  for (let from = 0; from < counts.length; from++) {
    for (let to = from + 1; to <= Math.min(counts.length, from + longest); to++) {
      const inside = sums[to]! - sums[from]!
      const share = (to - from) / counts.length
      if (inside <= share * total) continue
      const outside = total - inside
      const gain =
        inside * Math.log(inside / share) +
        (outside === 0 ? 0 : outside * Math.log(outside / (1 - share)))
      if (gain > most) [most, best] = [gain, [from, to]]
    }
  }
  return best
}

/**
 * Whether the rate of the steps differs from that of the surge by more than chance (chi-squared):
 * then the rate beside the surge is not flat.
 */
function leavesChange(
  steps: readonly number[],
  expected: Float64Array,
  dispersion: number,
): boolean {
  const bins = expected.length / steps.length
  const squares = steps.reduce((sum, count, i) => {
    const part = expected.subarray(i * bins, (i + 1) * bins)
    const mean = part.reduce((all, value) => all + value, 0)
    return sum + (count - mean) ** 2 / mean / dispersion
  }, 0)
  return squares > steps.length + MOST_DEVIATIONS * Math.sqrt(2 * steps.length)
}

/** Parts of a surge that are searched, and the finest step of the search as a share of a bin. */
const PARTS = ['atMs', 'riseMs', 'holdMs', 'decayMs', 'halfLifeMs'] as const
const FINEST = 1 / 8

/** Climbs to the likeliest surge near another by one part at a time, in steps that halve. */
function climbed(start: Surge, { counts, binMs }: Bins, firstStep: Ms): Candidate | null {
  const judged = (surge: Surge): Candidate | null => {
    const heights = heightsOf(surge, counts.length, binMs)
    const flat = heights.filter((height) => height < FLAT_HEIGHT).length
    // a rush at the very start or end has no visible rise or decay
    const inside = heights[0]! < FLAT_HEIGHT && heights.at(-1)! < FLAT_HEIGHT
    if (!inside || flat < LEAST_FLAT * counts.length) return null
    const rate = surgeRate(counts, heights)
    return rate && { ...rate, surge }
  }
  let best = judged(start)
  const parts = PARTS.filter((part) =>
    start.halfLifeMs === undefined ? part !== 'halfLifeMs' : part !== 'decayMs',
  )
  for (let step = firstStep; step >= FINEST * binMs; ) {
    let moved = false
    for (const part of parts) {
      for (const change of [step, -step]) {
        const from = best?.surge ?? start
        const value = Math.max(part === 'halfLifeMs' ? FINEST * binMs : 0, from[part]! + change)
        // what moves the start keeps the end in its place, and the other way round
        for (const kept of keepers(part, from, value)) {
          const candidate = judged(kept)
          if (candidate !== null && (best === null || candidate.log > best.log)) {
            best = candidate
            moved = true
          }
        }
      }
    }
    if (!moved) step /= 2
  }
  return best
}

/** A surge with one part changed, alone or at the cost of the part beside it. */
function keepers(part: (typeof PARTS)[number], from: Surge, value: Ms): Surge[] {
  const changed = { ...from, [part]: value }
  const moved = value - from[part]!
  if (part === 'atMs') {
    return [changed, ...positive({ ...changed, riseMs: from.riseMs - moved })]
  }
  return part === 'holdMs'
    ? [changed]
    : [changed, ...positive({ ...changed, holdMs: from.holdMs - moved })]
}

const positive = (surge: Surge) => (surge.riseMs >= 0 && surge.holdMs >= 0 ? [surge] : [])

/** Points of a bin at which the height of a surge is averaged. */
const POINTS = 4

function heightsOf(surge: Surge, size: number, binMs: Ms): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => {
    let sum = 0
    for (let point = 0; point < POINTS; point++) {
      sum += surgeHeight(surge, (i + (point + 0.5) / POINTS) * binMs)
    }
    return sum / POINTS
  })
}
