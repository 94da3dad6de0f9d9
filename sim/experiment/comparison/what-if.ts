import type { Verdict, WhatIf, WhatIfPercentile } from '../../documents/index.ts'
import { log, log1p, stream } from '../../kernel/index.ts'
import {
  blockRatios,
  noVerdictReason,
  PERCENTILES,
  percentile,
  studentTQuantile,
  supports,
  supportsVerdict,
} from '../../stats/index.ts'
import { type Block, controlOf, driftBy, servedOn } from './blocks.ts'
import { noiseFloor } from './noise-floor.ts'
import { band } from './prediction-check.ts'
import { noneCounts } from './validity.ts'
import { type Check, furtherRuns, percentileCheck } from './verdicts.ts'

/**
 * How far a predicted ratio may be from the measured one, of the percentiles that are judged: the
 * largest of this, 50 µs on B and, where `floor` says so, the difference of two replays of A.
 */
const TOLERANCES = new Map([
  [0.5, { relative: 0.05, floor: false }],
  [0.95, { relative: 0.1, floor: true }],
])
const ABSOLUTE_MS = 0.05

/** A change from configuration A to B: replayed in turn, and predicted with one profile. */
export interface WhatIfRuns {
  /** of each round that counts its blocks, at least one */
  readonly rounds: readonly (readonly Block[])[]
  readonly not_counted?: WhatIf['not_counted']
  /** number of all rounds; by default that of `rounds` */
  readonly played?: number
  /** predicted PERCENTILES of both sides, each replication on one machine for both */
  readonly predictions: readonly { readonly a: readonly number[]; readonly b: readonly number[] }[]
  readonly seed: number
}

/** What was measured and predicted of a change. */
export type WhatIfFigures = Pick<
  WhatIf,
  'rounds' | 'not_counted' | 'blocks' | 'slice_ms' | 'control' | 'percentiles'
>

/**
 * Predicted against measured ratio B/A, for each percentile that every replay supports. A verdict
 * is on all rounds, so it is the requests of all rounds together that have to support it.
 */
export function whatIfFigures(runs: WhatIfRuns): WhatIfFigures {
  const { rounds, not_counted = [], played = rounds.length, predictions, seed } = runs
  const whole = rounds.map((blocks) => ({ a: together(blocks, 'a'), b: together(blocks, 'b') }))
  const n = Math.min(...whole.flatMap(({ a, b }) => [a.length, b.length]))
  const levels = PERCENTILES.filter((p) => supports(n, p))
  const blocks = rounds.flat()
  const random = stream(seed, 0, 'blocks')
  const ratios = levels.length === 0 ? [] : blockRatios(blocks, levels, () => random.uniform())
  const percentiles = levels.map((p, level): WhatIfPercentile => {
    const i = PERCENTILES.indexOf(p)
    const each = whole.map((round, number) => {
      const [a, b] = [percentile(round.a, p), percentile(round.b, p)]
      return { round: number, a, b, ratio: b / a }
    })
    const floor = noiseFloor(each.map(({ a }) => a))
    const predicted = band(
      predictions.map(({ a, b }) => b[i]! / a[i]!),
      n,
    )
    const { a, b, ratio, low, high } = ratios[level]!
    const error = predicted.value! / ratio - 1
    const tolerance = toleranceOf(p, b, floor.median)
    const errors = [high, low].map((end) => (end === null ? null : predicted.value! / end - 1))
    return {
      p,
      n,
      a,
      b,
      predicted,
      measured: { value: ratio, low, high, n },
      each,
      noise_floor: floor,
      error_relative: error,
      error_ms: error * b,
      verdict:
        tolerance === null || !supportsVerdict(n * rounds.length, p)
          ? null
          : verdictOf(errors, tolerance),
    }
  })
  return {
    rounds: played,
    not_counted,
    blocks: blocks.length,
    slice_ms: blocks[0]?.sliceMs ?? null,
    control: controlOf(blocks),
    percentiles,
  }
}

/** All latencies of a side, ascending. */
function together(blocks: readonly Block[], side: 'a' | 'b'): Float64Array {
  const latencies = new Float64Array(servedOn(side, blocks))
  let from = 0
  for (const block of blocks) {
    latencies.set(block[side], from)
    from += block[side].length
  }
  return latencies.sort()
}

/** Relative; null where the percentile is not judged. */
function toleranceOf(p: number, bMs: number, floor: number | null): number | null {
  const tolerance = TOLERANCES.get(p)
  if (tolerance === undefined) return null
  const noise = tolerance.floor ? (floor ?? 0) : 0
  return Math.max(tolerance.relative, ABSOLUTE_MS / bMs, noise)
}

/** By the errors at both ends of the measured interval; a single block has none: undecided. */
function verdictOf(errors: readonly (number | null)[], tolerance: number): Verdict {
  const [low, high] = errors
  if (low == null || high == null) return 'UNDECIDED'
  if (low >= -tolerance && high <= tolerance) return 'PASS'
  return low > tolerance || high < -tolerance ? 'FAIL' : 'UNDECIDED'
}

/** The ratios of all judged percentiles, unless the machine was another for each side. */
export function whatIfCheck(figures: WhatIfFigures): Check {
  const { percentiles, control, rounds, not_counted } = figures
  if (not_counted.length > 0 && not_counted.length === rounds) return noneCounts(rounds, 'round')
  const judged = percentiles.flatMap(({ verdict, ...row }) =>
    verdict === null ? [] : [{ verdict, ...row }],
  )
  const limit = 'max(5 %, 50 µs) at p50, max(10 %, 50 µs, the A/A difference) at p95'
  const far = judged.reduce<WhatIfPercentile | null>(
    (most, row) =>
      most && Math.abs(most.error_relative) >= Math.abs(row.error_relative) ? most : row,
    null,
  )
  const check = percentileCheck(judged, {
    PASS: () => `the predicted ratio is within ${limit}`,
    FAIL: (labels) =>
      `the predicted ratio is further off than ${limit}, at ${labels.join(' and ')}`,
    UNDECIDED: (labels) =>
      judged.length === 0
        ? tooFew(percentiles[0])
        : `the measured ratio scatters too much to tell at ${labels.join(' and ')}; ` +
          moreRounds(figures),
  })
  const drift = driftBy(control)
  return {
    ...(drift === null ? check : driftedCheck(drift)),
    worst: far && { p: far.p, replay: 0, error_ms: far.error_ms, relative: far.error_relative },
  }
}

function driftedCheck(control: number): Pick<Check, 'verdict' | 'reason'> {
  const percent = (100 * Math.abs(control - 1)).toFixed(1)
  const reason =
    `the control kernel took ${percent} % ${control > 1 ? 'more' : 'less'} time before B than before A, ` +
    'so the ratio is not that of the change alone; replay again on a quieter machine'
  return { verdict: 'UNDECIDED', reason }
}

function tooFew(first: WhatIfPercentile | undefined): string {
  if (first === undefined) return 'the replays have too few requests for any percentile'
  return noVerdictReason(first.n * first.each.length, first.p, 'in all rounds')
}

/**
 * How many more rounds of the same scatter narrow the intervals of the undecided percentiles to
 * what their errors leave of the tolerance. A single block shows no scatter.
 */
function moreRounds({ blocks, percentiles }: WhatIfFigures): string {
  const rounds = percentiles[0]!.each.length
  const open = percentiles.filter(({ verdict }) => verdict === 'UNDECIDED')
  const needed = open.map(({ p, b, measured: { low, high }, noise_floor, error_relative }) => {
    if (low === null || high === null) return rounds + 2
    const half = log(high / low) / 2
    const deviation = (half * Math.sqrt(blocks)) / studentTQuantile(0.975, blocks - 1)
    const tolerance = log1p(toleranceOf(p, b, noise_floor.median)!)
    const left = Math.abs(tolerance - Math.abs(log1p(error_relative)))
    return Math.ceil(((2 * deviation) / left) ** 2 / (blocks / rounds))
  })
  return furtherRuns(rounds, Math.max(...needed), 'round')
}
