import { z } from 'zod'
import { estimate, estimateOrNull, number, numberOrNull, numbers } from './document-parts.ts'

/**
 * Memory in a result: one entry for each device that pools share, and one for each pool whose
 * replicas have dedicated devices. For such a pool, figures are those of the fullest replica,
 * counts are totals, and series and map are those of the first replica. MiB; over the whole run,
 * including warm-up.
 */

/** The owner of an address range: `weights`, `batch 8 x 64`, `input`, `KV cache`, `free`, … */
export const mapChunk = z.strictObject({
  address_mib: number,
  mib: number,
  owner: z.string().describe('on a shared device with the name of the pool: "encoder: weights"'),
})

export const memorySeries = z.strictObject({
  bucket_s: number,
  requested_mib: numbers.describe('largest in each interval'),
  in_use_mib: numbers.describe('largest in each interval'),
  held_mib: numbers.describe('reserved: largest in each interval'),
  largest_free_mib: numbers
    .nullable()
    .describe('smallest in each interval, reserved or not; null without a limit'),
})

export const memorySpace = z.strictObject({
  name: z.string(),
  shared: z.boolean().describe('a device of the scenario; otherwise a pool with dedicated devices'),
  pools: z.array(z.string()),
  allocators: z.array(z.string()).describe('allocator of each pool'),
  limit_mib: numberOrNull,
  weights_mib: number.describe('of all models on the device; for a pool, of one replica'),
  peak_requested_mib: estimate.describe('peak of requested memory, weights included'),
  peak_in_use_mib: estimate.describe('peak of memory in allocated chunks, weights included'),
  peak_held_mib: estimate.describe('peak of memory reserved on the device, weights included'),
  internal_fragmentation: estimate.describe('1 - requested / in use, at the peak, without weights'),
  external_fragmentation: estimate.describe(
    'maximum of 1 - largest free chunk / (reserved - in use)',
  ),
  free_share: estimate.describe('1 - peak in use / peak reserved, both without weights'),
  pinned_free_mib: estimate.describe('peak of free memory in regions with a chunk in use'),
  largest_free_mib: estimateOrNull.describe('minimum, reserved or not; null without a limit'),
  extensions: estimate.describe('regions reserved in a run, without those for weights'),
  out_of_memory: z
    .strictObject({
      shortage: number,
      fragmentation: number,
      oversize: number,
      loads: number.describe('model loads that failed for lack of memory'),
    })
    .describe('failed allocations of batches by cause, and failed model loads, in all runs'),
  remedies: z
    .strictObject({
      shrunk: number.describe('arenas returned unused memory'),
      evicted: number.describe('an idle model was evicted'),
      split: number.describe('a batch was split in two'),
      failed: number.describe('a batch failed'),
    })
    .describe('actions after failed allocations, in all runs; a load may also wait'),
  residency: z
    .strictObject({
      loads: estimate.describe('model loads in a run'),
      evictions: estimate.describe('evictions of models in a run'),
      cold_share: estimate.describe('share of served requests that waited for a model load'),
      pools: z
        .array(
          z.strictObject({
            pool: z.string(),
            loads: estimate.describe('model loads in a run'),
            load_ms: estimate.describe('mean duration of a load in a run'),
          }),
        )
        .describe('pools whose models were loaded in every run'),
    })
    .nullable()
    .describe('null without model swapping'),
  series: memorySeries.describe('means over runs'),
  map: z
    .array(z.strictObject({ at_s: number, chunks: z.array(mapChunk) }))
    .describe('address space in the first run at even intervals, each at the peak of a batch'),
})

export type MemorySpace = z.infer<typeof memorySpace>
export type MemorySeries = z.infer<typeof memorySeries>
export type MapChunk = z.infer<typeof mapChunk>
