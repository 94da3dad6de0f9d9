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
