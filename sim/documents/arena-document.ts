import { z } from 'zod'

/**
 * The real ONNX Runtime arenas, replica by replica. The batches of the first replay run once more
 * in a separate process, whose log and profile are evaluated. Columns have an entry a batch.
 */

const bytes = z.array(z.number())

export const arenaReplica = z.strictObject({
  pool: z.string(),
  replica: z.number().describe('of its pool, from 0'),
  pattern: z.boolean().describe('whether batches of a known shape took one planned block'),
  batches: z.number().describe('that it ran in the replay; the first of them are observed'),
  left_out: z.string().nullable().describe('why not all of them are observed'),
  reserved_bytes: bytes.describe('for weights, in turn, when the model was loaded'),
  apart_bytes: z.number().describe('weights that are in no arena, as an embedding table'),
  sizes: z.array(z.number()),
  lengths: z.array(z.number()).describe('padded'),
  started_ms: z.array(z.number()).describe('in the replay, as the next'),
  ended_ms: z.array(z.number()),
  in_use_bytes: bytes.describe('most after a node, weights included, as the next'),
  requested_bytes: bytes.describe('asked for and not freed at that node'),
  peak_in_use_bytes: z.number().describe('most in all, within nodes too'),
  extensions: z
    .array(z.strictObject({ batch: z.number(), bytes: z.number() }))
    .describe('regions that the arena took from the system, by the number of the batch, from 0'),
  process: z
    .strictObject({
      started_mib: z.number(),
      loaded_mib: z.number(),
      peak_mib: z.number(),
      ended_mib: z.number(),
    })
    .describe('resident memory of the process, the records of the profiler included'),
})

export const arenaSchema = z.strictObject({
  document: z.literal('spillway-arena'),
  format: z.literal(1),
  version: z.string(),
  commit: z.string().nullable(),
  scenario: z.strictObject({ name: z.string(), hash: z.string(), description: z.string() }),
  requests: z.string().describe('hash of the requests of the replay'),
  replicas: z.array(arenaReplica).describe('of pools that say memory, on cpu'),
})

export type ArenaReplica = z.infer<typeof arenaReplica>
export type ArenaDocument = z.infer<typeof arenaSchema>
