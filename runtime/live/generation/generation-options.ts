import type { BuiltinDecoder } from '../../../scenarios/index.ts'
import type { PoolPlan } from '../../../sim/serving/index.ts'
import { decoderOptions, kvWidthOf } from '../../models/decoder-inputs.ts'
import type { CacheShape } from './paged-decoder.ts'

/** How an executor generates. */
export interface GenerationOptions {
  readonly cache: CacheShape & { readonly prefixCache: boolean }
  /** sequences with a slot, at most */
  readonly sequences: number
  /** tokens of a sequence, at most */
  readonly context: number
  /** tokens of prompts in a step, at most */
  readonly promptTokens: number
  readonly vocabulary: number
}

/** What an executor of a pool needs to generate with the decoder that is built in. */
export function generationOptions(
  model: BuiltinDecoder,
  { kv, maxSequences, tokenBudget }: NonNullable<PoolPlan['generation']>,
): GenerationOptions {
  const { layers, vocabulary, context } = model
  const { blocks, blockTokens, prefixCache } = kv
  const width = kvWidthOf(decoderOptions(model))
  return {
    cache: { layers, width, blocks, blockTokens, prefixCache },
    sequences: maxSequences,
    promptTokens: tokenBudget,
    ...{ context, vocabulary },
  }
}
