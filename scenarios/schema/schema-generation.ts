import { z } from 'zod'
import { count, name, nonNegative, off } from './schema-values.ts'

/** Token generation of the scenario format. */

const kvCache = z
  .strictObject({
    blocks: count
      .optional()
      .describe('Blocks of each replica; with `memory`, they follow from its limit instead'),
    block_tokens: count.max(65_536).default(16).describe('Tokens in a block'),
    watermark: z
      .number()
      .min(0)
      .max(0.5)
      .default(0.01)
      .describe('Share of the blocks that admission leaves free while other sequences run'),
    prefix_cache: off.describe('Keeps blocks of prompts for later prompts with the same prefix'),
  })
  .describe('Memory for the tokens of running sequences; without it there is no limit')

const sequences = count.max(65_536).describe('Most sequences that run at once on a replica')

export const generation = z
  .discriminatedUnion('policy', [
    z.strictObject({
      policy: z
        .literal('continuous')
        .describe('Continuous batching: sequences join and leave at every step'),
      max_sequences: sequences.default(256),
      token_budget: count
        .default(2048)
        .describe('Most tokens of a step: one for each decoding sequence, the rest for prefill'),
      chunked_prefill: z
        .boolean()
        .default(true)
        .describe('Prompts may be prefilled in several steps'),
      first: z
        .enum(['decode', 'prefill'])
        .default('decode')
        .describe('Phase that gets the token budget first; prefill stalls decoding sequences'),
      kv_cache: kvCache.optional(),
      preemption: z
        .enum(['recompute', 'swap'])
        .default('recompute')
        .describe('How the KV cache of a preempted sequence is restored'),
      swap_ms_per_token: nonNegative
        .optional()
        .describe("With swap: time to the host's memory for each token, and the same time back"),
      preempt_by_priority: off.describe('Higher priorities preempt sequences of lower ones'),
      hand_over: z
        .strictObject({
          pool: name.describe('Pool that decodes'),
          base_ms: nonNegative.default(0).describe('Base time of each KV transfer'),
          ms_per_token: nonNegative.default(0),
        })
        .optional()
        .describe(
          'Prefill/decode disaggregation: this pool only prefills; sequences decode in another pool, after a KV transfer over one link',
        ),
    }),
    z.strictObject({
      policy: z.literal('static').describe('Static batching: a batch ends with its longest answer'),
      max_sequences: sequences,
      kv_cache: kvCache.optional(),
    }),
  ])
  .describe('Batching of a model whose work law is generation; replaces batching')
