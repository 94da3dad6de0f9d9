import * as z from 'zod'
import { count, kind, lazy, name, nonNegative, off, once, positive } from './schema-values.ts'

/** Memory of the scenario format: of models, devices and pools. */

const limit = positive.max(1e9)

const buffer = once(() => ({
  kib: nonNegative.default(0).describe('The size that every batch needs, whatever its shape.'),
  per_item_kib: nonNegative.default(0).describe('The size added for each request of the batch.'),
  per_token_kib: nonNegative
    .default(0)
    .describe('The size added for each token of the batch, padding included.'),
  per_token_squared_kib: nonNegative
    .default(0)
    .describe(
      'The size added for the square of the padded length of each request, as for attention ' +
        'scores.',
    ),
}))

const activation = lazy(() =>
  z
    .strictObject({
      ...buffer(),
      lives: count
        .default(1)
        .describe('The buffer is freed once this many further activations have been allocated.'),
    })
    .describe('A buffer that a batch allocates while it runs.'),
)

const kvGeometry = lazy(() =>
  z.strictObject({
    layers: count.max(10_000).describe('The number of layers that keep keys and values.'),
    heads: count
      .max(10_000)
      .describe('The number of heads in each layer that have keys and values of their own.'),
    head_size: count
      .max(100_000)
      .describe('The number of elements in the key of a head, and in its value.'),
    precision: z
      .enum(['fp32', 'fp16', 'int8'])
      .default('fp16')
      .describe('The type of these elements: 4, 2 or 1 byte each, whatever that of the weights.'),
  }),
)

export const modelMemory = lazy(() =>
  z
    .strictObject({
      parameters_millions: nonNegative
        .default(0)
        .describe(
          'The number of weights in millions. Each has 4, 2 or 1 byte, by `precision` of the pool ' +
            '(fp32, fp16, int8).',
        ),
      input: z
        .strictObject(buffer())
        .optional()
        .describe('The staging buffer of a batch, in use until the batch has ended.'),
      activations: z
        .array(activation)
        .max(1000)
        .default([])
        .describe('The buffers that a batch allocates one after another while it runs.'),
      output: z
        .strictObject(buffer())
        .optional()
        .describe('The output buffer of a batch, allocated last and in use until it has ended.'),
      kv_cache: kvGeometry
        .optional()
        .describe(
          'The size of the KV cache for one token, for pools with `generation` and `memory`: a key ' +
            'and a value for each head in each layer.',
        ),
    })
    .describe(
      'The memory of a model with declared work, required where one of its pools has `memory`. A ' +
        'calibration measures that of other models.',
    ),
)

const residency = lazy(() =>
  z.strictObject({
    eviction: z
      .enum(['lru', 'lfu', 'cost-aware'])
      .describe(
        'Which idle model is evicted: the least recently used (`lru`), the least frequently used ' +
          '(`lfu`), or the one that is loaded again in the least time for its size, with ageing ' +
          '(`cost-aware`).',
      ),
    gib_per_s: positive
      .optional()
      .describe(
        'The bandwidth of loading weights in a simulation, which simultaneous loads share. Models ' +
          'with declared work need it; for others, loads take calibrated times without it.',
      ),
    set_up_ms: nonNegative
      .default(0)
      .describe('The time of each load in addition to the transfer; for `gib_per_s` only.'),
  }),
)

export const device = lazy(() =>
  z
    .strictObject({
      name: name.describe('The name of the device, which `memory.device` of pools refers to.'),
      limit_mib: limit.describe(
        'The memory of the device, for weights, arenas and KV caches of all replicas on it.',
      ),
      residency: residency
        .optional()
        .describe(
          'Model swapping: weights are loaded when requests need them, and idle models are evicted ' +
            'for others. Without it, all weights are loaded from the start.',
        ),
    })
    .describe(
      'A memory that replicas share, with the link that loads weights. Batches on it slow each ' +
        'other down only where their pools share a `card`.',
    ),
)

const where = once(() => ({
  limit_mib: limit
    .optional()
    .describe(
      'The memory of each replica, which then has a device of its own; `device` replaces it. ' +
        'Without either there is no limit.',
    ),
  device: name
    .optional()
    .describe('The name of an entry of `devices`, whose memory the replicas share with others.'),
  pinned: z
    .boolean()
    .optional()
    .describe(
      'Whether the model is loaded from the start and never evicted, on a device with ' +
        '`residency`; without it, it is swapped.',
    ),
}))

const batches = once(() => ({
  ...where(),
  pattern: off.describe(
    'Whether batches of a shape that ran before take one block, planned for all their buffers, ' +
      'as in ONNX Runtime.',
  ),
  out_of_memory: z
    .array(z.enum(['shrink', 'evict', 'split']))
    .max(3)
    .optional()
    .describe(
      'What is tried, in this order, for a batch that finds no memory: `shrink` (arenas free ' +
        'unused regions), `evict` (an idle model is unloaded), `split` (the batch runs in ' +
        'halves). If none helps, the batch fails. Without it `shrink` is tried, or with ' +
        '`allocator: buddy` nothing.',
    ),
}))

export const poolMemory = lazy(() =>
  z
    .discriminatedUnion('allocator', [
      z.strictObject({
        allocator: kind(
          'bfc',
          'The arena of ONNX Runtime: the best fit in regions whose chunks are split and joined.',
        ),
        ...batches(),
        extend: z
          .enum(['next-power-of-two', 'same-as-requested'])
          .default('next-power-of-two')
          .describe('How large a new region is: it doubles, or it is as large as requested.'),
      }),
      z.strictObject({
        allocator: kind(
          'caching',
          'The caching allocator of PyTorch: pools of small and large blocks, kept when freed.',
        ),
        ...batches(),
      }),
      z.strictObject({
        allocator: kind(
          'bucket',
          'Size classes as for buffers of ONNX Runtime on WebGPU: a buffer takes a whole class.',
        ),
        ...batches(),
      }),
      z.strictObject({
        allocator: kind('buddy', 'Powers of two, split in halves, in an arena that never grows.'),
        ...batches(),
        arena_mib: limit
          .describe(
            'The size of the arena of each replica, reserved at the start in powers of two, beside ' +
              'the weights.',
          )
          .meta({ examples: [8192] }),
      }),
      z.strictObject({
        allocator: kind(
          'paged',
          'The KV cache in blocks of `block_tokens`, as many as the weights leave room for; for ' +
            '`generation`.',
        ),
        ...where(),
      }),
      z.strictObject({
        allocator: kind(
          'contiguous',
          'The KV cache as one reservation for each sequence, as before paging; for `generation`.',
        ),
        ...where(),
        reservation_tokens: count.describe(
          'The number of tokens reserved for each sequence; a request that needs more is shed.',
        ),
      }),
    ])
    .describe(
      'The memory of each replica, or of a device that replicas share: a limit, an allocator and a ' +
        'rule for running out. Without it replicas have as much as they request.',
    ),
)

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
