import * as z from 'zod'
import { arenaProcess } from './arena-document.ts'
import { estimate, number, numberOrNull, numbers, verdict } from './document-parts.ts'

/** The part of a comparison that is about the memory of arenas. */

const arenaFigures = z.strictObject({
  held_mib: number.describe('Memory reserved from the system, weights included, MiB.'),
  in_use_mib: number.describe('Peak in use after a node of a batch, weights included, MiB.'),
  requested_mib: number.describe(
    'Peak of requested memory, weights included, MiB: that at the fullest node of a batch.',
  ),
  internal_fragmentation: numberOrNull.describe(
    'Share of 1, without weights, at the peak in use: 1 - requested / in use; ' +
      'null where nothing was in use.',
  ),
  external_fragmentation: numberOrNull.describe(
    'Share of 1: the maximum of 1 - largest free chunk / free memory; null for a real arena, ' +
      'where it is not observed.',
  ),
  free_share: numberOrNull.describe(
    'Share of 1, without weights: 1 - peak in use / reserved; null where nothing was reserved.',
  ),
  extensions_mib: numbers.describe('Regions in the order of their reservation, MiB.'),
})

const simulatedArena = z.strictObject({
  held_mib: estimate.describe(
    'Peak of reserved memory, weights included, MiB; mean over replications.',
  ),
  in_use_mib: estimate.describe(
    'Peak of memory in use, weights included, MiB; mean over replications.',
  ),
  requested_mib: estimate.describe(
    'Peak of requested memory, weights included, MiB; mean over replications.',
  ),
  internal_fragmentation: estimate.describe(
    'Internal fragmentation at the peak in use, without weights, as a share of 1; ' +
      'mean over replications.',
  ),
  external_fragmentation: estimate.describe(
    'Maximum of the external fragmentation as a share of 1; mean over replications.',
  ),
  free_share: estimate.describe(
    'Share of reserved memory that is free at the peaks, without weights, 0 to 1; ' +
      'mean over replications.',
  ),
})

const arenaError = z.strictObject({
  held: number.describe('Driven over measured reserved memory, less 1.'),
  in_use: number.describe('Driven over measured peak in use, less 1.'),
  requested: number.describe('Driven over measured peak of requested memory, less 1.'),
  free_share: numberOrNull.describe(
    'Driven less measured free_share; null where one of them is null.',
  ),
})

/** The arena of a replica: the real one, and the modelled one with the same batches. */
export const memoryComparison = z
  .strictObject({
    pool: z.string().describe('Name of the pool.'),
    replica: number.describe('Number of the replica in its pool, from 0.'),
    pattern: z
      .boolean()
      .describe('Whether a batch of a known shape allocates one planned block (memory pattern).'),
    batches: number.describe('Number of batches of the first replay that ran once more.'),
    left_out: z
      .string()
      .nullable()
      .describe('Reason why batches of that replay are missing; null where none are.'),
    measured: arenaFigures.describe('Figures of the real arena.'),
    driven: arenaFigures
      .nullable()
      .describe(
        'Figures of the modelled arena with the same batches; null where the profile has no ' +
          'memory of the model.',
      ),
    predicted: simulatedArena
      .nullable()
      .describe(
        'Figures of the fullest replica of the pool in simulated runs; null for its other ' +
          'replicas, and on a device that pools share.',
      ),
    error: arenaError
      .nullable()
      .describe('Errors of the modelled arena, all without weights; null where it is null.'),
    other_from: numberOrNull.describe(
      'Number of the first batch, from 0, at which the extensions of both arenas differ; ' +
        'null where none do.',
    ),
    process: arenaProcess,
    verdict: verdict.describe(
      'PASS where reserved memory is within 5 %, otherwise FAIL; UNDECIDED without a batch or ' +
        'a modelled arena.',
    ),
  })
  .describe('Arena of one replica.')

export type MemoryComparison = z.infer<typeof memoryComparison>
export type ArenaFigures = z.infer<typeof arenaFigures>
