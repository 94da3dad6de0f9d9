import { mean, sampleStandardDeviation } from 'simple-statistics'
import type { Work } from '../../../scenarios/index.ts'
import { log } from '../../../sim/kernel/index.ts'
import { betaQuantile } from '../../../sim/stats/intervals/beta.ts'
import { simplexSearch } from '../accelerators/simplex.ts'
import { type Engine, simulatedStage, template } from './engine.ts'
import { type Stage, type StageFigures, tpotOf } from './load-test.ts'
import { type Candidate, posterior } from './posterior.ts'

type DecoderWork = Extract<Work, { law: 'transformer-decoder' }>

/** A law of step times with its numbers to be found, all above 0. */
export interface Family {
  readonly name: string
  readonly start: readonly number[]
  readonly engine: (values: readonly number[]) => Engine
}

/** `base_ms`, `per_sequence_ms`, `per_prefill_token_ms`; then the two delays. */
export const LINEAR: Family = {
  name: 'generation',
  start: [7, 0.05, 0.015, 14, 2],
  engine: ([base, sequence, prefill, first, link]: readonly number[]) => ({
    work: {
      law: 'generation',
      base_ms: base!,
      per_sequence_ms: sequence!,
      per_prefill_token_ms: prefill!,
      per_context_token_ms: 0,
    },
    firstTokenDelayMs: first!,
    linkMs: link!,
  }),
}

/** Shares of the card's peaks and a launch time, with a rounded knee; then the two delays. */
export const ROOFLINE: Family = {
  name: 'transformer-decoder',
  start: [0.6, 0.7, 4.5, 1.7, 14, 2],
  engine: ([compute, memory, launch, sharpness, first, link]: readonly number[]) => ({
    work: {
      ...(template().models.llama as { readonly work: DecoderWork }).work,
      efficiency: {
        compute: Math.min(compute!, 1),
        memory: Math.min(memory!, 1),
        launch_us: launch!,
        saturation_tokens: 0,
        sharpness: sharpness!,
      },
    },
    firstTokenDelayMs: first!,
    linkMs: link!,
  }),
}

/** Seeds of fits from here on, other than those of predictions. */
const FIRST_SEED = 1001
/** For the scatter from seed to seed. */
const SCATTER_SEEDS = 10

const seedsOf = (count: number) => Array.from({ length: count }, (_, i) => FIRST_SEED + i)

/** What a law is off by for its own part, beside the scatter of runs. */
const LAW_ERROR = 0.02

/**
 * Figures of a stage that are independent, of the seven that are fitted: a place and a tail of each
 * of TTFT and the latency end to end.
 */
const INDEPENDENT = 4

/** Logarithms of the figures of a stage that are fitted. */
const fitted = (figures: StageFigures): number[] =>
  [
    ...[figures.ttft, figures.e2e].flatMap(({ mean: of, p50, p95 }) => [of, p50, p95]),
    tpotOf(figures),
  ].map(log)

const column = (rows: readonly (readonly number[])[], i: number) => rows.map((row) => row[i]!)

/** The sum of squared errors of some stages, each over its variance. */
export function misfitOf(stages: readonly Stage[], { engine, start }: Family, seeds: number) {
  const variances = stages.map((stage) => {
    const runs = seedsOf(SCATTER_SEEDS).map((seed) =>
      fitted(simulatedStage(stage, engine(start), seed)),
    )
    return runs[0]!.map((_, i) => {
      const scatter = sampleStandardDeviation(column(runs, i)) ** 2
      return scatter * (1 + 1 / seeds) + LAW_ERROR ** 2
    })
  })
  return (values: readonly number[]): number => {
    const squares = stages.flatMap((stage, s) => {
      const runs = seedsOf(seeds).map((seed) => fitted(simulatedStage(stage, engine(values), seed)))
      return fitted(stage.measured).map(
        (of, i) => (mean(column(runs, i)) - of) ** 2 / variances[s]![i]!,
      )
    })
    return squares.reduce((a, b) => a + b, 0)
  }
}

export interface Effort {
  /** simulated schedules of each stage */
  readonly seeds: number
  /** edges of the simplex search */
  readonly edges: readonly number[]
  readonly chains: number
  readonly generations: number
}

export interface FamilyFit {
  readonly family: Family
  readonly best: Candidate
  /** draws of laws that fit as well */
  readonly draws: readonly Candidate[]
}

/** The law that is closest to some stages, and others that are as likely by them. */
export function fitFamily(stages: readonly Stage[], family: Family, effort: Effort): FamilyFit {
  const misfit = misfitOf(stages, family, effort.seeds)
  const found = simplexSearch(family.start, misfit, effort.edges)
  const draws = posterior({
    ...effort,
    start: found,
    misfit,
    figures: INDEPENDENT * stages.length,
  })
  const all = [{ values: found, misfit: misfit(found) }, ...draws]
  const best = all.reduce((a, b) => (b.misfit < a.misfit ? b : a))
  const most = best.misfit * regionOf(INDEPENDENT * stages.length, found.length)
  return { family, best, draws: all.filter(({ misfit: of }) => of <= most) }
}

/**
 * How many times the least sum of squares is still in the 95 % region of so many parameters
 * (Beale 1960): 1 + p F / (n - p), by the quantile of the beta distribution.
 */
function regionOf(figures: number, parameters: number): number {
  return 1 / (1 - betaQuantile(0.95, parameters / 2, (figures - parameters) / 2))
}

/**
 * So many of the draws, evenly spaced by what each value of `of` is, so that the ends of what the
 * stages leave open are among them.
 */
export function spaced(
  draws: readonly Candidate[],
  of: (values: readonly number[]) => number,
  count: number,
): Candidate[] {
  const sorted = draws.toSorted((a, b) => of(a.values) - of(b.values))
  return Array.from(
    { length: count },
    (_, i) => sorted[Math.round((i / (count - 1)) * (sorted.length - 1))]!,
  )
}
