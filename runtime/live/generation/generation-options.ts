import type { GenerationPlan } from '../../../sim/serving/index.ts'
import type { Decoder, DecoderLayout } from '../../models/index.ts'
import type { BlockTablesOptions } from './block-tables.ts'

/** How an executor generates. */
export interface GenerationOptions {
  readonly layout: DecoderLayout
  readonly cache: BlockTablesOptions
  /** sequences with a slot, at most */
  readonly sequences: number
  /** tokens of a sequence, at most */
  readonly context: number
  /** tokens of prompts in a step, at most: see `mostPromptTokens` */
  readonly promptTokens: number
  readonly vocabulary: number
}

/** What an executor of a pool needs to generate with a decoder. */
export function generationOptions(
  { layout, vocabulary, context }: Decoder,
  generation: GenerationPlan,
): GenerationOptions {
  const { blocks, blockTokens, prefixCache } = generation.kv
  return {
    layout,
    cache: { blocks, blockTokens, prefixCache },
    sequences: generation.maxSequences,
    promptTokens: mostPromptTokens(generation, context),
    ...{ context, vocabulary },
  }
}

/**
 * Tokens of prompts that a step computes at most, where a prompt has `longest` tokens at most,
 * those included that are computed again after a preemption.
 */
export function mostPromptTokens(
  {
    maxSequences,
    tokenBudget,
    chunked,
    kv,
  }: Pick<GenerationPlan, 'maxSequences' | 'tokenBudget' | 'chunked' | 'kv'>,
  longest: number,
): number {
  const room = kv.blocks * kv.blockTokens
  const each = Math.min(longest, kv.contiguous ? kv.blockTokens : room)
  // a whole prompt that is longer than the budget has a step of its own
  const budget = chunked ? tokenBudget : Math.max(tokenBudget, each)
  return Math.min(budget, maxSequences * each, room)
}
