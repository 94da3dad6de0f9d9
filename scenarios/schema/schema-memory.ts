import { z } from 'zod'
import { count, name, nonNegative, positive } from './schema-values.ts'

/** The part of the scenario format that says what takes memory, and whose it is. */

const limit = positive.max(1e9)

const buffer = {
  kib: nonNegative.default(0).describe('Of any batch'),
  per_item_kib: nonNegative.default(0).describe('For each request of the batch'),
  per_token_kib: nonNegative.default(0).describe('For each token, padding included'),
  per_token_squared_kib: nonNegative
    .default(0)
    .describe('For each request the square of its padded length, as attention scores take'),
}

export const modelMemory = z
  .strictObject({
    parameters_millions: nonNegative
      .default(0)
      .describe('Weights; their bytes follow from the precision of the pool'),
    input: z.strictObject(buffer).optional().describe('Staging, held until the batch has ended'),
    activations: z
      .array(
        z.strictObject({
          ...buffer,
          lives: count
            .default(1)
            .describe('It is given back when so many further ones have been taken'),
        }),
      )
      .max(1000)
      .default([])
      .describe('What a batch takes in turn while it runs'),
    output: z
      .strictObject(buffer)
      .optional()
      .describe('Taken last, held until the batch has ended'),
    kv_cache: z
      .strictObject({
        layers: count.max(10_000),
        heads: count.max(10_000).describe('Those of keys and values, of each layer'),
        head_size: count.max(100_000),
        precision: z.enum(['fp32', 'fp16', 'int8']).default('fp16'),
      })
      .optional()
      .describe('What a token of a sequence takes: keys and values of every layer'),
  })
  .describe('What a declared model takes; of others the profile says it')

const eviction = z.enum(['lru', 'lfu', 'cost-aware'])

export const device = z.strictObject({
  name,
  limit_mib: limit,
  residency: z
    .strictObject({
      eviction: eviction.describe('Whose weights make room: of idle replicas, but never of pinned'),
      gib_per_s: positive
        .optional()
        .describe(
          'At which weights are loaded in a simulation; loads at once share it. Without it each takes what a calibration measured, which of declared models there is not',
        ),
      set_up_ms: nonNegative.default(0).describe('Of every load at gib_per_s, besides'),
    })
    .optional()
    .describe('Weights come and go with the traffic; without it all are there from the beginning'),
})

const where = {
  limit_mib: limit.optional().describe('Of each replica, which then has a device of its own'),
  device: name
    .optional()
    .describe('One of devices: its memory is shared with whoever names it, its arithmetic is not'),
  pinned: z.boolean().optional().describe('Resident from the beginning, and never evicted'),
}

const batches = {
  ...where,
  pattern: z
    .boolean()
    .default(false)
    .describe('Batches of a known shape take one block, as ONNX Runtime plans it'),
  out_of_memory: z
    .array(z.enum(['shrink', 'evict', 'split']))
    .max(3)
    .optional()
    .describe(
      'What is tried in turn: arenas give back what they do not use, an idle model goes, the batch goes in halves; then it fails. shrink alone where nothing is said',
    ),
}

export const poolMemory = z
  .discriminatedUnion('allocator', [
    z.strictObject({
      allocator: z.literal('bfc').describe("ONNX Runtime's arena"),
      ...batches,
      extend: z.enum(['next-power-of-two', 'same-as-requested']).default('next-power-of-two'),
    }),
    z.strictObject({ allocator: z.literal('caching').describe('As PyTorch does'), ...batches }),
    z.strictObject({ allocator: z.literal('bucket').describe('Size classes'), ...batches }),
    z.strictObject({
      allocator: z.literal('buddy').describe('Powers of two'),
      ...batches,
      arena_mib: limit.describe('Taken at the start, in powers of two'),
    }),
    z.strictObject({
      allocator: z.literal('paged').describe('Of generation: kv_cache in blocks'),
      ...where,
    }),
    z.strictObject({
      allocator: z.literal('contiguous').describe('Of generation: one reservation a sequence'),
      ...where,
      reservation_tokens: count.describe('The longest that a sequence may become'),
    }),
  ])
  .describe('Memory of each replica, or of a device; without it there is no limit')
