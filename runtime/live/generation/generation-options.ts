import type { GenerationPlan } from '../../../sim/serving/index.ts'
import { type DecoderOptions, kvWidthOf } from '../../models/index.ts'
import type { CacheShape } from './paged-decoder.ts'

/** How an executor generates. */
export interface GenerationOptions {
  readonly cache: CacheShape & { readonly prefixCache: boolean }
  /** sequences with a slot, at most */
  readonly sequences: number
  /** tokens of a sequence, at most */
  readonly context: number
  /** tokens of prompts in a step, at most: see `mostPromptTokens` */
  readonly promptTokens: number
  readonly vocabulary: number
}

/** What an executor of a pool needs to generate with a decoder of such sizes. */
export function generationOptions(
  sizes: DecoderOptions,
  generation: GenerationPlan,
): GenerationOptions {
  const { layers, vocabulary, context } = sizes
  const { blocks, blockTokens, prefixCache } = generation.kv
  return {
    cache: { layers, width: kvWidthOf(sizes), blocks, blockTokens, prefixCache },
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
