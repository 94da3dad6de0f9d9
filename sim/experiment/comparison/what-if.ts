import type { Verdict, WhatIfPercentile } from '../../documents/index.ts'
import {
  noVerdictReason,
  PERCENTILES,
  percentile,
  supports,
  supportsVerdict,
  tInterval,
  within,
} from '../../stats/index.ts'
import { noiseFloor } from './noise-floor.ts'
import { band } from './prediction-check.ts'
import { type Check, neededRuns, percentileCheck } from './verdicts.ts'

/**
 * How far a predicted ratio may be from the measured one, of the percentiles that are judged: the
 * largest of this, 50 µs on B and, where `floor` says so, the difference of two replays of A.
 */
const TOLERANCES = new Map([
  [0.5, { relative: 0.05, floor: false }],
  [0.95, { relative: 0.1, floor: true }],
])
const ABSOLUTE_MS = 0.05

/** A change from configuration A to B: replayed interleaved, and predicted with one profile. */
export interface WhatIfRuns {
  /** latencies of both sides in each round, ms, ascending */
  readonly rounds: readonly { readonly a: Float64Array; readonly b: Float64Array }[]
  /** predicted PERCENTILES of both sides, each replication on one machine for both */
  readonly predictions: readonly { readonly a: readonly number[]; readonly b: readonly number[] }[]
}

/**
 * Predicted against measured ratio B/A, for each percentile that every replay supports. A verdict
 * is on the mean over rounds, so it is the requests of all rounds together that have to support it.
 */
export function whatIfPercentiles({ rounds, predictions }: WhatIfRuns): WhatIfPercentile[] {
  const n = Math.min(...rounds.flatMap(({ a, b }) => [a.length, b.length]))
  const judged = (p: number) => supportsVerdict(n * rounds.length, p)
  return PERCENTILES.filter((p) => supports(n, p)).map((p) => {
    const i = PERCENTILES.indexOf(p)
    const each = rounds.map((round, number) => {
      const [a, b] = [percentile(round.a, p), percentile(round.b, p)]
      return { round: number, a, b, ratio: b / a }
    })
    const floor = noiseFloor(each.map(({ a }) => a))
    const predicted = band(
      predictions.map(({ a, b }) => b[i]! / a[i]!),
      n,
    )
    const measured = { ...within(tInterval(each.map(({ ratio }) => ratio))), n }
    const error = predicted.value! / measured.value - 1
    const b = each.reduce((sum, round) => sum + round.b, 0) / each.length
    const tolerance = toleranceOf(p, b, floor.median)
    const errors = [measured.high, measured.low].map((end) =>
      end === null ? null : predicted.value! / end - 1,
    )
    return {
      p,
      n,
      predicted,
      measured,
      each,
      noise_floor: floor,
      error_relative: error,
      error_ms: error * b,
      verdict: tolerance === null || !judged(p) ? null : verdictOf(errors, tolerance),
    }
  })
}

/** Relative; null where the percentile is not judged. */
function toleranceOf(p: number, bMs: number, floor: number | null): number | null {
  const tolerance = TOLERANCES.get(p)
  if (tolerance === undefined) return null
  const noise = tolerance.floor ? (floor ?? 0) : 0
  return Math.max(tolerance.relative, ABSOLUTE_MS / bMs, noise)
}

/** By the errors at both ends of the measured interval; one round has none and says nothing. */
function verdictOf(errors: readonly (number | null)[], tolerance: number): Verdict {
  const [low, high] = errors
  if (low == null || high == null) return 'UNDECIDED'
  if (low >= -tolerance && high <= tolerance) return 'PASS'
  return low > tolerance || high < -tolerance ? 'FAIL' : 'UNDECIDED'
}

/** The ratios of all judged percentiles. */
export function whatIfCheck(percentiles: readonly WhatIfPercentile[]): Check {
  const judged = percentiles.flatMap(({ verdict, ...one }) =>
    verdict === null ? [] : [{ verdict, ...one }],
  )
  const limit = 'max(5 %, 50 µs) at p50, max(10 %, 50 µs, the A/A difference) at p95'
  const far = judged.reduce<WhatIfPercentile | null>(
    (most, one) =>
      most && Math.abs(most.error_relative) >= Math.abs(one.error_relative) ? most : one,
    null,
  )
  return {
    ...percentileCheck(judged, {
      PASS: () => `the predicted ratio is within ${limit}`,
      FAIL: (labels) =>
        `the predicted ratio is further off than ${limit}, at ${labels.join(' and ')}`,
      UNDECIDED: (labels) =>
        judged.length === 0
          ? tooFew(percentiles[0])
          : `the measured ratio scatters too much to tell at ${labels.join(' and ')}; ` +
            moreRounds(judged),
    }),
    worst: far && { p: far.p, replay: 0, error_ms: far.error_ms, relative: far.error_relative },
  }
}

function tooFew(first: WhatIfPercentile | undefined): string {
  if (first === undefined) return 'the replays have too few requests for any percentile'
  return noVerdictReason(first.n * first.each.length, first.p, 'in all rounds')
}

/**
 * How many rounds narrow the interval to the rest of the tolerance. One round has no spread, two
 * are too few, and so are the present ones.
 */
function moreRounds(judged: readonly WhatIfPercentile[]): string {
  const needed = judged.map(({ p, each, noise_floor, error_relative }) => {
    const ratios = each.map(({ ratio }) => ratio)
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length
    const b = each.reduce((sum, round) => sum + round.b, 0) / each.length
    const left = Math.abs(toleranceOf(p, b, noise_floor.median)! - Math.abs(error_relative))
    const relative = ratios.map((ratio) => ratio / mean)
    return Math.min(999, neededRuns(relative, 1, left))
  })
  const present = judged[0]!.each.length
  return `about ${Math.max(3, present + 1, ...needed)} rounds would tell`
}
