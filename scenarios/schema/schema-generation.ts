import { z } from 'zod'
import { count, name, nonNegative } from './schema-values.ts'

/** The part of the scenario format that says how a pool generates tokens. */

const kvCache = z
  .strictObject({
    blocks: count
      .optional()
      .describe('Of each replica; with `memory` they follow from its limit instead'),
    block_tokens: count.max(65_536).default(16).describe('Tokens that a block holds'),
    watermark: z
      .number()
      .min(0)
      .max(0.5)
      .default(0.01)
      .describe('Share of the blocks that admission leaves free while others run'),
    prefix_cache: z
      .boolean()
      .default(false)
      .describe('Blocks of prompts are kept, while there is room, for prompts that begin alike'),
  })
  .describe('Memory for the tokens of running sequences; without it there is no limit')

const sequences = count.max(65_536).describe('Sequences that run at once on a replica')

export const generation = z
  .discriminatedUnion('policy', [
    z.strictObject({
      policy: z.literal('continuous').describe('Sequences come and go at every step'),
      max_sequences: sequences.default(256),
      token_budget: count
        .default(2048)
        .describe('Tokens of a step: one for each that decodes, the rest for prompts'),
      chunked_prefill: z.boolean().default(true).describe('Prompts may be prefilled in parts'),
      first: z
        .enum(['decode', 'prefill'])
        .default('decode')
        .describe('Who is sure of the budget; prefill makes those who decode stand still'),
      kv_cache: kvCache.optional(),
      preemption: z
        .enum(['recompute', 'swap'])
        .default('recompute')
        .describe('What becomes of the tokens of a sequence that loses its place'),
      swap_ms_per_token: nonNegative
        .optional()
        .describe("Of swap: to the host's memory, and the same again back"),
      preempt_by_priority: z
        .boolean()
        .default(false)
        .describe('One of a higher priority takes the place of one of a lower'),
      hand_over: z
        .strictObject({
          pool: name.describe('Where sequences decode'),
          base_ms: nonNegative.default(0).describe('Of each transfer of a KV cache'),
          ms_per_token: nonNegative.default(0),
        })
        .optional()
        .describe('This pool prefills only; sequences go on in another, over one link'),
    }),
    z.strictObject({
      policy: z.literal('static').describe('A batch ends with its longest answer'),
      max_sequences: sequences,
      kv_cache: kvCache.optional(),
    }),
  ])
  .describe('Of a model whose work law is generation, in place of batching')
