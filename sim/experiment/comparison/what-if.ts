import type { Verdict, WhatIf, WhatIfPercentile } from '../../documents/index.ts'
import { log, log1p, stream } from '../../kernel/index.ts'
import {
  blockRatios,
  noVerdictReason,
  PERCENTILES,
  percentile,
  percentileLabel,
  studentTQuantile,
  supports,
  supportsVerdict,
} from '../../stats/index.ts'
import { type Block, controlOf, driftBy, servedOn } from './blocks.ts'
import { type Factors, isBeyond, jointDifference, widenedBy } from './joint-interval.ts'
import { noiseFloor } from './noise-floor.ts'
import { band } from './prediction-check.ts'
import { isVeryWide, saturated, saturationText } from './saturation.ts'
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
  'rounds' | 'not_counted' | 'blocks' | 'slice_ms' | 'control' | 'idle' | 'speed' | 'percentiles'
>

/** What is not known of B's speed, and how far that moves the predicted ratios. */
export interface SpeedDoubt {
  readonly speed: NonNullable<WhatIf['speed']>
  /** of PERCENTILES: from the predicted ratio to those at the ends of the speed */
  readonly factors: readonly Factors[]
}

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
  const control = controlOf(blocks)
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
    return judgedRow(
      {
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
      },
      control,
    )
  })
  return {
    rounds: played,
    not_counted,
    blocks: blocks.length,
    slice_ms: blocks[0]?.sliceMs ?? null,
    control,
    percentiles,
  }
}

/** The figures with predicted ratios as wide as what is not known of B's speed makes them. */
export function withSpeedDoubt(figures: WhatIfFigures, doubt: SpeedDoubt): WhatIfFigures {
  const percentiles = figures.percentiles.map(({ verdict: _, open: __, ...row }) => {
    const with_speed = widenedBy(row.predicted, [
      doubt.factors[PERCENTILES.findIndex((p) => p === row.p)]!,
    ])
    return judgedRow({ ...row, with_speed }, figures.control)
  })
  return { ...figures, speed: doubt.speed, percentiles }
}

/** Whether a prediction that leaves a ratio open is so wide that its reason is looked for. */
export const isIllConditioned = ({ percentiles }: WhatIfFigures): boolean =>
  percentiles.some(({ open, with_speed, predicted }) => {
    return (open === 'predicted' || open === 'measured') && isVeryWide(with_speed ?? predicted)
  })

/** `elasticities`: of the ratios of PERCENTILES, by the speed of both sides. */
export function withElasticities(
  figures: WhatIfFigures,
  elasticities: readonly number[],
): WhatIfFigures {
  const percentiles = figures.percentiles.map((row) => {
    const elasticity = elasticities[PERCENTILES.findIndex((p) => p === row.p)]!
    return { ...row, ...saturated(elasticity) }
  })
  return { ...figures, percentiles }
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

type Ratio = Pick<WhatIfPercentile, 'predicted' | 'with_speed' | 'measured'>

/** Relative; null where the percentile is not judged. */
export function whatIfTolerance({
  p,
  b,
  noise_floor,
}: Pick<WhatIfPercentile, 'p' | 'b' | 'noise_floor'>): number | null {
  const tolerance = TOLERANCES.get(p)
  if (tolerance === undefined) return null
  const noise = tolerance.floor ? (noise_floor.median ?? 0) : 0
  return Math.max(tolerance.relative, ABSOLUTE_MS / b, noise)
}

/** The errors at both ends of the measured interval; null where it has none. */
export function measuredErrors({ predicted, measured: { low, high } }: Ratio): Factors | null {
  if (low === null || high === null) return null
  return { low: predicted.value! / high - 1, high: predicted.value! / low - 1 }
}

/** ln(predicted) - ln(measured) by the intervals of both, with what is not known of B's speed. */
export const jointError = ({ predicted, with_speed, measured }: Ratio) =>
  jointDifference({ ...predicted, ...with_speed }, measured)

/**
 * A ratio passes where it is within its tolerance over the whole measured interval. The predicted
 * one is that of single runs, so it is wide by construction, and no part of that. It fails where
 * both intervals together leave no ratio within the tolerance.
 */
export function ratioVerdict(row: Ratio, tolerance: number): Verdict {
  const errors = measuredErrors(row)
  if (errors === null) return 'UNDECIDED'
  if (errors.low >= -tolerance && errors.high <= tolerance) return 'PASS'
  return isBeyond(jointError(row), tolerance) ? 'FAIL' : 'UNDECIDED'
}

type Unjudged = Omit<WhatIfPercentile, 'verdict' | 'open'>

/** A row with its verdict, unless the machine was another for each side. */
function judgedRow(row: Unjudged, control: number | null): WhatIfPercentile {
  const tolerance = whatIfTolerance(row)
  if (tolerance === null || !supportsVerdict(row.n * row.each.length, row.p)) {
    return { ...row, verdict: null }
  }
  if (driftBy(control) !== null) return { ...row, verdict: 'UNDECIDED', open: 'machine' }
  const verdict = ratioVerdict(row, tolerance)
  if (verdict !== 'UNDECIDED') return { ...row, verdict }
  return { ...row, verdict, open: openBy(row, tolerance) }
}

/** Which interval leaves a ratio open: the measured one alone would do so, or the predicted. */
function openBy(row: Ratio, tolerance: number): NonNullable<WhatIfPercentile['open']> {
  const { value } = row.predicted
  const exact = jointDifference({ value, low: value, high: value }, row.measured)
  return isBeyond(exact, tolerance) ? 'predicted' : 'measured'
}

/** The ratios of all judged percentiles, unless the machine was another for each side. */
export function whatIfCheck(figures: WhatIfFigures): Check {
  const { percentiles, control, rounds, not_counted } = figures
  if (not_counted.length > 0 && not_counted.length === rounds) return noneCounts(rounds, 'round')
  const judged = percentiles.flatMap(({ verdict, ...row }) =>
    verdict === null ? [] : [{ verdict, ...row }],
  )
  const far = judged.reduce<WhatIfPercentile | null>(
    (most, row) =>
      most && Math.abs(most.error_relative) >= Math.abs(row.error_relative) ? most : row,
    null,
  )
  const check = percentileCheck(judged, {
    PASS: () => `the predicted ratio is within ${LIMIT}`,
    FAIL: (labels) =>
      `the predicted ratio is further off than ${LIMIT}, by the intervals of both sides, ` +
      `at ${labels.join(' and ')}`,
    UNDECIDED: () => (judged.length === 0 ? tooFew(percentiles[0]) : openReason(figures)),
  })
  const drift = driftBy(control)
  return {
    ...(drift === null ? check : driftedCheck(drift)),
    worst: far && { p: far.p, replay: 0, error_ms: far.error_ms, relative: far.error_relative },
  }
}

const LIMIT = 'max(5 %, 50 µs) at p50, max(10 %, 50 µs, the A/A difference) at p95'

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

/** What leaves ratios open, and what would narrow it; first what no further round narrows. */
function openReason(figures: WhatIfFigures): string {
  const openBySide = (side: WhatIfPercentile['open']) =>
    figures.percentiles.filter(({ open }) => open === side)
  const [predicted, measured] = [openBySide('predicted'), openBySide('measured')]
  const saturation = saturationText([...predicted, ...measured], 'the ratio')
  const parts: string[] = []
  if (saturation !== null) parts.push(`${saturation}: lower the load of the busier side`)
  if (predicted.length > 0) {
    const remedy = saturation === null ? `; ${narrower(predicted, figures.speed)}` : ''
    parts.push(`the prediction is too wide to tell at ${labelsOf(predicted)}${remedy}`)
  }
  if (measured.length > 0) {
    const scattered = `the measured ratio scatters too much to tell at ${labelsOf(measured)}`
    parts.push(`${scattered}; ${moreRounds(figures, measured)}`)
  }
  return parts.join('; ')
}

const labelsOf = (rows: readonly WhatIfPercentile[]) =>
  rows.map(({ p }) => percentileLabel(p)).join(' and ')

/** What narrows predictions that are too wide: a measurement of B's speed, or longer runs. */
function narrower(open: readonly WhatIfPercentile[], speed: WhatIf['speed'] = []): string {
  const bySpeed = open.some(({ with_speed: _, ...row }) => {
    return ratioVerdict(row, whatIfTolerance(row)!) === 'FAIL'
  })
  if (!bySpeed) return 'a longer duration_s narrows it'
  const reasons = new Set(speed.flatMap((pool) => pool.reasons))
  const remedies = new Set(speed.flatMap((pool) => pool.remedies ?? []))
  const toNarrow = remedies.size === 0 ? '' : `; to narrow it, ${[...remedies].join(', and ')}`
  return `${[...reasons].join(', and ')}${toNarrow}`
}

/**
 * How many more rounds of the same scatter narrow the intervals of these percentiles to what their
 * errors leave of the tolerance. A single block shows no scatter.
 */
function moreRounds({ blocks, percentiles }: WhatIfFigures, open: readonly WhatIfPercentile[]) {
  const rounds = percentiles[0]!.each.length
  const needed = open.map((row) => {
    const { low, high } = row.measured
    if (low === null || high === null) return rounds + 2
    const half = log(high / low) / 2
    const deviation = (half * Math.sqrt(blocks)) / studentTQuantile(0.975, blocks - 1)
    const tolerance = log1p(whatIfTolerance(row)!)
    const left = Math.abs(tolerance - Math.abs(log1p(row.error_relative)))
    return Math.ceil(((2 * deviation) / left) ** 2 / (blocks / rounds))
  })
  return furtherRuns(rounds, Math.max(...needed), 'round')
}
