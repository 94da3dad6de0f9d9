import * as z from 'zod'
import { headOf, number, numbers, scenarioRef } from './document-parts.ts'

/**
 * The real ONNX Runtime arenas, replica by replica. The batches of the first replay run once more
 * in a separate process, whose log and profile are evaluated. Columns have one entry per batch.
 */

/** Resident memory of the process that ran the batches of a replica once more. */
export const arenaProcess = z
  .strictObject({
    started_mib: number.describe('Resident memory before the model was loaded, MiB.'),
    loaded_mib: number.describe('Resident memory after the model was loaded, MiB.'),
    peak_mib: number.describe('Peak of the resident memory, MiB.'),
    ended_mib: number.describe('Resident memory after the last batch, MiB.'),
  })
  .describe('Resident memory of the process, including the records of the profiler.')

export const arenaReplica = z
  .strictObject({
    pool: z.string().describe('Name of the pool.'),
    replica: number.describe('Number of the replica in its pool, from 0.'),
    pattern: z
      .boolean()
      .describe('Whether a batch of a known shape allocates one planned block (memory pattern).'),
    batches: number.describe('Number of batches in the replay, of which the first are observed.'),
    left_out: z
      .string()
      .nullable()
      .describe('Reason why some batches are not observed; null where all are.'),
    reserved_bytes: numbers.describe(
      'Regions that were reserved for weights during the load, in order, bytes.',
    ),
    apart_bytes: number.describe('Weights outside the arena, such as an embedding table, bytes.'),
    sizes: numbers.describe('Number of requests in each observed batch.'),
    lengths: numbers.describe('Padded length of each observed batch, tokens.'),
    started_ms: numbers.describe('Time in the replay at which each observed batch started, ms.'),
    ended_ms: numbers.describe('Time in the replay at which each observed batch ended, ms.'),
    in_use_bytes: numbers.describe(
      'Largest memory in use after a node of each observed batch, weights in the arena ' +
        'included, bytes.',
    ),
    requested_bytes: numbers.describe(
      'Memory requested and not freed after that node, weights in the arena included, bytes.',
    ),
    peak_in_use_bytes: number.describe(
      'Largest memory in use at any time, also within a node, bytes.',
    ),
    extensions: z
      .array(
        z
          .strictObject({
            batch: number.describe('Number of the batch, from 0.'),
            bytes: number.describe('Size of the region, bytes.'),
          })
          .describe('One region that the arena took.'),
      )
      .describe('Regions that the arena took from the system, in order.'),
    process: arenaProcess,
  })
  .describe('Arena of one replica.')

export const arenaSchema = z
  .strictObject({
    ...headOf('spillway-arena'),
    scenario: scenarioRef.describe('Scenario of the replay.'),
    requests: z.string().describe('Hash of the requests of the replay.'),
    replicas: z
      .array(arenaReplica)
      .describe('Arenas of the replicas of pools with `memory` on the cpu provider.'),
  })
  .describe('Arenas of ONNX Runtime while the batches of the first replay ran once more.')

export type ArenaReplica = z.infer<typeof arenaReplica>
export type ArenaDocument = z.infer<typeof arenaSchema>
