import type { Ms } from '../../serving/index.ts'
import type { StepBatch, StepLaw } from './step-runs.ts'

/**
 * Times of steps that were measured, ms: of decoding sequences by a table of their number, of
 * contexts by the longest one, to which a step is padded, and of prompts by their tokens and by
 * what these attend to.
 */
export interface MeasuredSteps {
  /** numbers of sequences that decode, rising from 0, where prompts are computed alone */
  readonly counts: readonly number[]
  /** of a step with so many, without contexts and prompts */
  readonly ms: readonly Ms[]
  /** for each sequence and each token of the longest context */
  readonly contextMs: Ms
  /** of a step with prompts */
  readonly promptMs: Ms
  /** for each token of a prompt */
  readonly promptTokenMs: Ms
  /**
   * for each pair of a prompt's token and one before it: all prompts of a step are one segment, and
   * pairs of different prompts are computed, too
   */
  readonly promptPairMs: Ms
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

/** Beside the table, what a measured step's amounts are multiplied with. */
export function stepTerms({ decodes, longest, promptTokens, promptPast }: StepAmounts) {
  return {
    contextMs: decodes * longest,
    promptMs: promptTokens > 0 ? 1 : 0,
    promptTokenMs: promptTokens,
    promptPairMs: promptTokens * (promptPast + promptTokens),
  }
}

/** Linear between measured numbers of sequences, and on beyond the last two. */
export function measuredSteps(measured: MeasuredSteps): StepLaw {
  const { contextMs, promptMs, promptTokenMs, promptPairMs } = measured
  return {
    stepMs(batch) {
      const terms = stepTerms(amountsOf(batch))
      return (
        between(measured, batch.decodes) +
        contextMs * terms.contextMs +
        promptMs * terms.promptMs +
        promptTokenMs * terms.promptTokenMs +
        promptPairMs * terms.promptPairMs
      )
    },
    growthMs: ({ decodes }) => contextMs * decodes,
  }
}

/** Of a mean step, whose longest context is not known, it is the mean one. */
function amountsOf(batch: StepBatch): StepAmounts {
  const { decodes, context, prefillTokens } = batch
  const longest = batch.longest ?? context / Math.max(1, decodes)
  return {
    decodes,
    longest: decodes > 0 ? longest + 1 : 0,
    promptTokens: batch.promptTokens ?? prefillTokens,
    promptPast: batch.promptPast ?? 0,
  }
}

function between({ counts, ms }: MeasuredSteps, decodes: number): Ms {
  const found = counts.findIndex((count) => count >= decodes)
  const above = Math.max(1, found < 0 ? counts.length - 1 : found)
  if (counts.length === 1) return ms[0]!
  const [low, high] = [counts[above - 1]!, counts[above]!]
  const share = (decodes - low) / (high - low)
  return ms[above - 1]! + share * (ms[above]! - ms[above - 1]!)
}
