import type { Ms } from '../../serving/index.ts'
import type { StepBatch, StepLaw } from './step-runs.ts'

/**
 * Times of steps that were measured, ms: a table by the tokens that a step computes, as kernels
 * take these in groups, and terms by what these tokens attend to.
 */
export interface MeasuredSteps {
  /** tokens that are computed, rising: see `rowsOf` */
  readonly rows: readonly number[]
  /** of a step with so many, without anything before them */
  readonly ms: readonly Ms[]
  /** for each sequence that decodes and each token of the longest context, to which it is padded */
  readonly contextMs: Ms
  /** for each token of the longest context, however many sequences decode */
  readonly longestMs: Ms
  /** for each token that prompts have in the cache before */
  readonly pastMs: Ms
  /**
   * for each pair of a prompt's token and one that it is computed with: all prompts of a step are
   * one segment, and pairs of different prompts are computed, too
   */
  readonly pairMs: Ms
}

/** What a step computes, in the units of its measured times. */
export interface StepAmounts {
  readonly decodes: number
  /** tokens of the longest context, with the one that the step computes; 0 where none decodes */
  readonly longest: number
  readonly promptTokens: number
  /** tokens that its prompts have in the cache before */
  readonly promptPast: number
}

/** Tokens that a step computes: a part that is absent has one that is not used. */
export const rowsOf = ({ decodes, promptTokens }: StepAmounts): number =>
  Math.max(1, decodes) + Math.max(1, promptTokens)

/** Beside the table, what the times of a measured step are multiplied with. */
export function stepTerms({ decodes, longest, promptTokens, promptPast }: StepAmounts) {
  return {
    contextMs: decodes * longest,
    longestMs: longest,
    pastMs: promptPast,
    pairMs: promptTokens * (promptPast + promptTokens),
  }
}

/** Linear between measured rows, and on beyond the last two. */
export function timeOf(measured: MeasuredSteps, amounts: StepAmounts): Ms {
  const { contextMs, longestMs, pastMs, pairMs } = stepTerms(amounts)
  const { rows, ms } = measured
  const table = rowWeights(rows, rowsOf(amounts)).map((weight, i) => weight * ms[i]!)
  return (
    table.reduce((sum, part) => sum + part, 0) +
    measured.contextMs * contextMs +
    measured.longestMs * longestMs +
    measured.pastMs * pastMs +
    measured.pairMs * pairMs
  )
}

/** The law of an engine's steps that were measured, without chance. */
export function measuredLaw(measured: MeasuredSteps): Pick<StepLaw, 'stepMs' | 'growthMs'> {
  return {
    stepMs: (batch) => Math.max(0, timeOf(measured, amountsOf(batch))),
    growthMs: ({ decodes }) =>
      decodes > 0 ? measured.contextMs * decodes + measured.longestMs : 0,
  }
}

/** Contexts of a batch are those before the step. */
function amountsOf({ decodes, context, longest, prefillTokens, promptPast = 0 }: StepBatch) {
  const most = longest || context / Math.max(1, decodes)
  return { decodes, longest: decodes > 0 ? most + 1 : 0, promptTokens: prefillTokens, promptPast }
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
