import { z } from 'zod'
import { count, name, nonNegative, off, positive } from './schema-values.ts'

/** Memory of the scenario format: of models, devices and pools. */

const limit = positive.max(1e9)

const buffer = {
  kib: nonNegative.default(0).describe('For each batch'),
  per_item_kib: nonNegative.default(0).describe('For each request of the batch'),
  per_token_kib: nonNegative.default(0).describe('For each token, padding included'),
  per_token_squared_kib: nonNegative
    .default(0)
    .describe("For the square of each request's padded length, as for attention scores"),
}

export const modelMemory = z
  .strictObject({
    parameters_millions: nonNegative
      .default(0)
      .describe('Number of weights; their bytes follow from the precision of the pool'),
    input: z
      .strictObject(buffer)
      .optional()
      .describe('Staging buffer, in use until the batch has ended'),
    activations: z
      .array(
        z.strictObject({
          ...buffer,
          lives: count
            .default(1)
            .describe('The buffer is freed after this many further buffers have been allocated'),
        }),
      )
      .max(1000)
      .default([])
      .describe('Buffers that a batch allocates in sequence while it runs'),
    output: z
      .strictObject(buffer)
      .optional()
      .describe('Output buffer, allocated last and in use until the batch has ended'),
    kv_cache: z
      .strictObject({
        layers: count.max(10_000),
        heads: count.max(10_000).describe('Heads of keys and values in each layer'),
        head_size: count.max(100_000),
        precision: z.enum(['fp32', 'fp16', 'int8']).default('fp16'),
      })
      .optional()
      .describe('Geometry of the KV cache: each token has keys and values in every layer'),
  })
  .describe('Memory of a declared model; for other models the profile has it')

const eviction = z.enum(['lru', 'lfu', 'cost-aware'])

export const device = z.strictObject({
  name,
  limit_mib: limit,
  residency: z
    .strictObject({
      eviction: eviction.describe('Which idle model is evicted; pinned models never are'),
      gib_per_s: positive
        .optional()
        .describe(
          'Bandwidth of loading weights in a simulation, shared by concurrent loads. Without it each load takes a calibrated time; declared models have none',
        ),
      set_up_ms: nonNegative
        .default(0)
        .describe('Time of each load besides the transfer at gib_per_s'),
    })
    .optional()
    .describe(
      'Model swapping: weights are loaded and evicted with the traffic; without it all are loaded from the start',
    ),
})

const where = {
  limit_mib: limit.optional().describe('Limit of each replica, which then has a separate device'),
  device: name.optional().describe('Device whose memory, not compute, its pools share'),
  pinned: z.boolean().optional().describe('Loaded from the start, and never evicted'),
}

const batches = {
  ...where,
  pattern: off.describe('Batches of a known shape use one block, as planned by ONNX Runtime'),
  out_of_memory: z
    .array(z.enum(['shrink', 'evict', 'split']))
    .max(3)
    .optional()
    .describe(
      'Remedies, tried in this order: shrink (arenas free unused memory), evict (an idle model is unloaded), split (the batch runs in halves). A batch fails if none helps. Default: shrink',
    ),
}

export const poolMemory = z
  .discriminatedUnion('allocator', [
    z.strictObject({
      allocator: z.literal('bfc').describe('Arena of ONNX Runtime'),
      ...batches,
      extend: z.enum(['next-power-of-two', 'same-as-requested']).default('next-power-of-two'),
    }),
    z.strictObject({
      allocator: z.literal('caching').describe('Caching allocator of PyTorch'),
      ...batches,
    }),
    z.strictObject({ allocator: z.literal('bucket').describe('Size classes'), ...batches }),
    z.strictObject({
      allocator: z.literal('buddy').describe('Powers of two'),
      ...batches,
      arena_mib: limit.describe('Reserved at the start, in powers of two'),
    }),
    z.strictObject({
      allocator: z.literal('paged').describe('For generation: kv_cache in blocks'),
      ...where,
    }),
    z.strictObject({
      allocator: z
        .literal('contiguous')
        .describe('For generation: one reservation for each sequence'),
      ...where,
      reservation_tokens: count.describe('Reserved for each sequence: the longest possible'),
    }),
  ])
  .describe('Memory of each replica, or of a device; without it there is no limit')

export type PoolMemory = z.infer<typeof poolMemory>

/** What checks and plans ask of an allocator. */
interface AllocatorTraits {
  /** chunks to batches, blocks or one reservation to each sequence */
  readonly gives: 'chunks' | 'blocks' | 'reservations'
  /** whether it reserves an arena at the start, which never grows (`arena_mib`) */
  readonly arena: boolean
}

export const allocators: Readonly<Record<PoolMemory['allocator'], AllocatorTraits>> = Object.freeze(
  {
    bfc: { gives: 'chunks', arena: false },
    caching: { gives: 'chunks', arena: false },
    bucket: { gives: 'chunks', arena: false },
    buddy: { gives: 'chunks', arena: true },
    paged: { gives: 'blocks', arena: false },
    contiguous: { gives: 'reservations', arena: false },
  },
)

/** Memory of a pool that runs batches. */
export type BatchMemory = Extract<PoolMemory, { pattern: boolean }>

export function servesBatches(memory: PoolMemory): memory is BatchMemory {
  return allocators[memory.allocator].gives === 'chunks'
}
