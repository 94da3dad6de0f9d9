import { z } from 'zod'
import { estimate } from './estimate-document.ts'

/**
 * Memory in a result: one entry for each device that pools share, and one for each pool whose
 * replicas have dedicated devices. For such a pool, figures are those of the fullest replica,
 * counts are totals, and series and map are those of the first replica. MiB; over the whole run,
 * including warm-up.
 */

/**
 * The owner of an address range: `weights`, `batch 8 x 64`, `input`, `output`, `KV cache`, `free`,
 * …
 */
export const mapChunk = z.strictObject({
  address_mib: z.number(),
  mib: z.number(),
  owner: z.string().describe('of a shared device with the pool in front: "encoder: weights"'),
})

export const memorySeries = z.strictObject({
  bucket_s: z.number(),
  requested_mib: z.array(z.number()).describe('most in each interval, as the next two'),
  in_use_mib: z.array(z.number()),
  held_mib: z.array(z.number()),
  largest_free_mib: z
    .array(z.number())
    .nullable()
    .describe('least of each interval, of what is held or left; null without a limit'),
})

export const memorySpace = z.strictObject({
  name: z.string(),
  shared: z.boolean().describe('a device of the scenario; else a pool, each replica with its own'),
  pools: z.array(z.string()),
  allocators: z.array(z.string()).describe('of each of the pools'),
  limit_mib: z.number().nullable(),
  weights_mib: z.number().describe('of all models of it; of a pool those of one replica'),
  peak_requested_mib: estimate.describe('asked for at once, weights included, as the next two'),
  peak_in_use_mib: estimate.describe('in the chunks that were given for that'),
  peak_held_mib: estimate.describe('taken from the device'),
  internal_fragmentation: estimate.describe('1 - requested / in use, without weights, at the peak'),
  external_fragmentation: estimate.describe(
    'largest seen: 1 - largest free chunk / all that is held and not in use',
  ),
  free_share: estimate.describe(
    'of the most that was held, weights left out, what was free even when most was in use',
  ),
  pinned_free_mib: estimate.describe('most that was free in regions that are pinned by a chunk'),
  largest_free_mib: estimate
    .nullable()
    .describe('least seen, of what is held or left on the device; null without a limit'),
  extensions: estimate.describe('regions that allocators took in a run, weights not counted'),
  out_of_memory: z
    .strictObject({
      shortage: z.number(),
      fragmentation: z.number(),
      oversize: z.number(),
      loads: z.number().describe('of models whose weights found no memory'),
    })
    .describe('how often a batch found no chunk, by cause, and a load no memory, in all runs'),
  remedies: z
    .strictObject({
      shrunk: z.number().describe('arenas gave back what they did not use'),
      evicted: z.number().describe('an idle model went'),
      split: z.number().describe('a batch went in halves'),
      failed: z.number().describe('batches that failed in the end'),
    })
    .describe('what was done about it, in all runs, once each time; a load may also just wait'),
  residency: z
    .strictObject({
      loads: estimate.describe('of a run, as the next'),
      evictions: estimate,
      cold_share: estimate.describe(
        'requests that came before the model that served them was loaded, of all served',
      ),
      pools: z
        .array(
          z.strictObject({
            pool: z.string(),
            loads: estimate.describe('of a run'),
            load_ms: estimate.describe('mean of a run'),
          }),
        )
        .describe('those whose models were loaded in every run'),
    })
    .nullable()
    .describe('null where models are there from the beginning'),
  series: memorySeries.describe('means over runs'),
  map: z
    .array(z.strictObject({ at_s: z.number(), chunks: z.array(mapChunk) }))
    .describe('the address space in the first run at even instants, each at the peak of a batch'),
})

export type MemorySpace = z.infer<typeof memorySpace>
export type MemorySeries = z.infer<typeof memorySeries>
export type MapChunk = z.infer<typeof mapChunk>
