import * as z from 'zod'
import { estimate, estimateOrNull, number, numberOrNull, numbers } from './document-parts.ts'

/**
 * Memory in a result: one entry for each device that pools share, and one for each pool whose
 * replicas have dedicated devices. For such a pool, figures are those of the fullest replica,
 * counts are totals, and series and map are those of the first replica. MiB; over the whole run,
 * including warm-up.
 */

/** The owner of an address range: `weights`, `batch 8 x 64`, `input`, `KV cache`, `free`, … */
export const mapChunk = z
  .strictObject({
    address_mib: number.describe('Start of the address range, MiB.'),
    mib: number.describe('Length of the address range, MiB.'),
    owner: z
      .string()
      .describe(
        'Use of the range, such as "weights", "batch 8 x 64" or "free"; on a shared device ' +
          'with the name of the pool, as in "encoder: weights".',
      ),
  })
  .describe('One range of addresses.')

export const memorySeries = z.strictObject({
  bucket_s: number.describe('Length of an interval, s; the traffic has 120 of them.'),
  requested_mib: numbers.describe(
    'Largest requested memory in each interval, weights included, MiB; mean over runs.',
  ),
  in_use_mib: numbers.describe(
    'Largest memory in use in each interval, weights included, MiB; mean over runs.',
  ),
  held_mib: numbers.describe(
    'Largest reserved memory in each interval, weights included, MiB; mean over runs.',
  ),
  largest_free_mib: numbers
    .nullable()
    .describe(
      'Smallest size in each interval of the largest free chunk, reserved or not, MiB; ' +
        'mean over runs. Null without a limit.',
    ),
})

const outOfMemory = z.strictObject({
  shortage: number.describe(
    'Number of failures because too few bytes were free, in all runs; ' +
      'with generation, of preemptions for lack of blocks.',
  ),
  fragmentation: number.describe(
    'Number of failures with enough free bytes, but in no chunk that fits, in all runs.',
  ),
  oversize: number.describe(
    'Number of failures because the allocator never provides so many bytes, in all runs.',
  ),
  loads: number.describe('Number of model loads that failed for lack of memory, in all runs.'),
})

const remedies = z.strictObject({
  shrunk: number.describe('Number of times that arenas returned unused memory, in all runs.'),
  evicted: number.describe('Number of times that an idle model was evicted, in all runs.'),
  split: number.describe('Number of times that a batch was split in two, in all runs.'),
  failed: number.describe('Number of batches, or parts of one, that failed, in all runs.'),
})

const poolLoads = z
  .strictObject({
    pool: z.string().describe('Name of the pool.'),
    loads: estimate.describe('Number of model loads in a run; mean over runs, and n counts runs.'),
    load_ms: estimate.describe(
      'Mean duration of a model load in a run, ms; mean over runs, and n counts loads.',
    ),
  })
  .describe('Model loads of one pool.')

const residency = z
  .strictObject({
    loads: estimate.describe('Number of model loads in a run; mean over runs, and n counts runs.'),
    evictions: estimate.describe(
      'Number of evictions of models in a run; mean over runs, and n counts runs.',
    ),
    cold_share: estimate.describe(
      'Share of served requests that waited for a model load, 0 to 1; mean over runs.',
    ),
    pools: z.array(poolLoads).describe('Pools whose models were loaded in every run.'),
  })
  .nullable()
  .describe('Model swapping on the device; null where models are not swapped.')

export const memorySpace = z
  .strictObject({
    name: z.string().describe('Name of the device, or of the pool with dedicated devices.'),
    shared: z
      .boolean()
      .describe('Whether it is a device of the scenario, and not a pool with dedicated devices.'),
    pools: z.array(z.string()).describe('Names of the pools on it.'),
    allocators: z.array(z.string()).describe('Allocator of each of these pools.'),
    limit_mib: numberOrNull.describe('Limit of the memory, MiB; null where there is none.'),
    weights_mib: number.describe(
      'Weights of all models on the device, or of one replica of the pool, MiB.',
    ),
    peak_requested_mib: estimate.describe(
      'Peak of requested memory, weights included, MiB; mean over runs, and n counts runs.',
    ),
    peak_in_use_mib: estimate.describe(
      'Peak of memory in allocated chunks, weights included, MiB; mean over runs, ' +
        'and n counts runs.',
    ),
    peak_held_mib: estimate.describe(
      'Peak of memory reserved on the device, weights included, MiB; mean over runs, ' +
        'and n counts runs.',
    ),
    internal_fragmentation: estimate.describe(
      'Internal fragmentation at the peak in use, without weights, as a share of 1: ' +
        '1 - requested / in use. It is a mean over runs, and n counts runs.',
    ),
    external_fragmentation: estimate.describe(
      'External fragmentation as a share of 1: the maximum over a run of ' +
        '1 - largest free chunk / (reserved - in use). It is a mean over runs, and n counts runs.',
    ),
    free_share: estimate.describe(
      'Share of reserved memory that is free at the peaks, without weights, 0 to 1: ' +
        '1 - peak in use / peak reserved. It is a mean over runs, and n counts runs.',
    ),
    pinned_free_mib: estimate.describe(
      'Peak of free memory in regions that cannot be returned because of a chunk in use, MiB; ' +
        'mean over runs, and n counts runs.',
    ),
    largest_free_mib: estimateOrNull.describe(
      'Smallest size in a run of the largest free chunk, reserved or not, MiB; ' +
        'mean over runs, and n counts runs. Null without a limit.',
    ),
    extensions: estimate.describe(
      'Number of regions reserved in a run by all replicas, without those for weights; ' +
        'mean over runs, and n counts runs.',
    ),
    out_of_memory: outOfMemory.describe(
      'Failed allocations of batches by their cause, and failed model loads, in all runs.',
    ),
    remedies: remedies.describe('Actions after failed allocations of batches, in all runs.'),
    residency,
    series: memorySeries.describe('Memory over time.'),
    map: z
      .array(
        z
          .strictObject({
            at_s: number.describe('Time of the map, s since the start of the run.'),
            chunks: z.array(mapChunk).describe('Ranges of addresses in their order.'),
          })
          .describe('Address space at one time.'),
      )
      .describe('Address space in the first run at even intervals, each at the peak of a batch.'),
  })
  .describe('Memory of one device, or of one pool with dedicated devices, warm-up included.')

export type MemorySpace = z.infer<typeof memorySpace>
export type MemorySeries = z.infer<typeof memorySeries>
export type MapChunk = z.infer<typeof mapChunk>
