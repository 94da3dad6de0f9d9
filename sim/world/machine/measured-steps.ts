import type { Ms } from '../../serving/index.ts'
import type { StepBatch, StepLaw } from './step-runs.ts'

/**
 * Times of steps that were measured, ms: a table by the tokens that a step computes, as kernels
 * take these in groups, and terms by what these tokens attend to.
 */
export interface MeasuredSteps {
  /** whether all sequences of a step are computed in one run, or each in a run of its own */
  readonly runs: 'together' | 'apart'
  /** tokens that are computed, rising: see `rowsOf` */
  readonly rows: readonly number[]
  /** of a step with so many, without anything before them */
  readonly ms: readonly Ms[]
  /** for each sequence that decodes and each prompt; 0 where they are computed together */
  readonly sequenceMs: Ms
  /**
   * for each sequence that decodes and each token of the longest context, to which it is padded, or
   * of its own one, where it has a run of its own
   */
  readonly contextMs: Ms
  /** for each token of the longest context, however many sequences decode */
  readonly longestMs: Ms
  /** for each token that prompts have in the cache before */
  readonly pastMs: Ms
  /**
   * for each pair of a prompt's token and one that it is computed with: where all prompts of a step
   * are one segment, pairs of different prompts are computed, too
   */
  readonly pairMs: Ms
}

/** What a step computes, in the units of its measured times. */
export interface StepAmounts {
  readonly decodes: number
  /**
   * tokens of the longest context, or of the mean one where each has a run of its own, with the one
   * that the step computes; 0 where none decodes
   */
  readonly longest: number
  readonly prompts: number
  readonly promptTokens: number
  /** tokens that its prompts have in the cache before */
  readonly promptPast: number
}

/**
 * What the table of a law is by: tokens that a step computes, in which a part that is absent has
 * one that is not used; where each sequence has a run of its own, tokens of prompts.
 */
export const rowsOf = (
  { decodes, promptTokens }: StepAmounts,
  runs: MeasuredSteps['runs'],
): number => (runs === 'apart' ? promptTokens : Math.max(1, decodes) + Math.max(1, promptTokens))

/** Beside the table, what the times of a measured step are multiplied with. */
export function stepTerms(
  { decodes, longest, prompts, promptTokens, promptPast }: StepAmounts,
  runs: MeasuredSteps['runs'],
) {
  const apart = runs === 'apart'
  const pairs = promptTokens * (promptPast + promptTokens)
  return {
    sequenceMs: apart ? decodes + prompts : 0,
    contextMs: decodes * longest,
    longestMs: apart ? 0 : longest,
    pastMs: promptPast,
    // as of prompts that are alike
    pairMs: apart ? pairs / Math.max(1, prompts) : pairs,
  }
}

/** Linear between measured rows, and on beyond the last two. */
export function timeOf(measured: MeasuredSteps, amounts: StepAmounts): Ms {
  const { rows, ms, runs } = measured
  const { sequenceMs, contextMs, longestMs, pastMs, pairMs } = stepTerms(amounts, runs)
  const table = rowWeights(rows, rowsOf(amounts, runs)).map((weight, i) => weight * ms[i]!)
  return (
    table.reduce((sum, part) => sum + part, 0) +
    measured.sequenceMs * sequenceMs +
    measured.contextMs * contextMs +
    measured.longestMs * longestMs +
    measured.pastMs * pastMs +
    measured.pairMs * pairMs
  )
}

/** The law of an engine's steps that were measured, without chance. */
export function measuredLaw(measured: MeasuredSteps): Pick<StepLaw, 'stepMs' | 'growthMs'> {
  return {
    stepMs: (batch) => Math.max(0, timeOf(measured, amountsOf(batch, measured))),
    growthMs: ({ decodes }) =>
      decodes > 0 ? measured.contextMs * decodes + measured.longestMs : 0,
  }
}

/** Contexts of a batch are those before the step. */
function amountsOf(
  { decodes, context, longest, prefills, prefillTokens, promptPast = 0 }: StepBatch,
  { runs }: MeasuredSteps,
): StepAmounts {
  const mean = context / Math.max(1, decodes)
  const most = runs === 'apart' ? mean : longest || mean
  const ofPrompts = { prompts: prefills, promptTokens: prefillTokens, promptPast }
  return { decodes, longest: decodes > 0 ? most + 1 : 0, ...ofPrompts }
}

/** What each entry of a table counts at a number of rows. */
export function rowWeights(rows: readonly number[], at: number): number[] {
  const weights = rows.map(() => 0)
  if (rows.length === 1) return [1]
  const found = rows.findIndex((row) => row >= at)
  const above = Math.max(1, found < 0 ? rows.length - 1 : found)
  const share = (at - rows[above - 1]!) / (rows[above]! - rows[above - 1]!)
  weights[above - 1] = 1 - share
  weights[above] = share
  return weights
}
