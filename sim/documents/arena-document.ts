import { z } from 'zod'
import { headOf, number, numbers, scenarioRef } from './document-parts.ts'

/**
 * The real ONNX Runtime arenas, replica by replica. The batches of the first replay run once more
 * in a separate process, whose log and profile are evaluated. Columns have one entry per batch.
 */

export const arenaReplica = z.strictObject({
  pool: z.string(),
  replica: number.describe('number in its pool, from 0'),
  pattern: z.boolean().describe('whether a batch of a known shape allocates one planned block'),
  batches: number.describe('batches in the replay; the first of them are observed'),
  left_out: z.string().nullable().describe('why some batches are not observed; null where all are'),
  reserved_bytes: numbers.describe('regions reserved for weights during the load, in order'),
  apart_bytes: number.describe('weights outside the arena, such as an embedding table'),
  sizes: numbers,
  lengths: numbers.describe('padded'),
  started_ms: numbers.describe('time in the replay'),
  ended_ms: numbers.describe('time in the replay'),
  in_use_bytes: numbers.describe('largest use after a node, weights included'),
  requested_bytes: numbers.describe('bytes requested and not freed at that node, weights included'),
  peak_in_use_bytes: number.describe('largest use at any time, also within a node'),
  extensions: z
    .array(z.strictObject({ batch: number, bytes: number }))
    .describe('regions that the arena took from the system, and the number of the batch, from 0'),
  process: z
    .strictObject({
      started_mib: number,
      loaded_mib: number,
      peak_mib: number,
      ended_mib: number,
    })
    .describe('resident memory of the process, including the records of the profiler'),
})

export const arenaSchema = z.strictObject({
  ...headOf('spillway-arena'),
  scenario: scenarioRef,
  requests: z.string().describe('hash of the requests of the replay'),
  replicas: z.array(arenaReplica).describe('replicas of pools with `memory` on the cpu provider'),
})

export type ArenaReplica = z.infer<typeof arenaReplica>
export type ArenaDocument = z.infer<typeof arenaSchema>
