import { z } from 'zod'
import { arenaReplica } from './arena-document.ts'
import { estimate, verdict } from './documents.ts'

/** The document of a comparison: simulated and measured figures for the same requests. */

/** Error of a simulated figure against one replay's; ms and relative, signed (sim - measured). */
export const replayError = z.strictObject({
  replay: z.number(),
  measured: z.number(),
  simulated: z.number(),
  low: z.number(),
  high: z.number(),
  error_ms: z.number(),
  error_relative: z.number(),
  verdict,
})

export const percentileComparison = z.strictObject({
  p: z.number(),
  n: z.number().describe('requests per replay'),
  simulated: estimate.describe('median over replications, band of single replications'),
  measured: estimate.describe('mean over replays, t interval'),
  each: z
    .array(
      z.strictObject({ replay: z.number(), value: z.number(), low: z.number(), high: z.number() }),
    )
    .describe('every replay, with its block-bootstrap interval over time'),
  structure: z.array(replayError),
  prediction: z.array(replayError),
  verdicts: z
    .strictObject({ structure: verdict.nullable(), prediction: verdict.nullable() })
    .describe('of all replays together; null where the sample supports none'),
  noise_floor: z.strictObject({
    median: z.number().nullable().describe('median relative difference of two replays'),
    largest: z.number().nullable(),
    pairs: z.number(),
  }),
})

/** Effect of a change on a percentile: the ratio B/A, predicted and measured. */
export const whatIfPercentile = z.strictObject({
  p: z.number(),
  n: z.number().describe('requests per replay, of the side that has fewer'),
  predicted: estimate.describe('ratio: median over replications, band of single replications'),
  measured: estimate.describe('ratio: mean over rounds of interleaved replays, t interval'),
  each: z
    .array(z.strictObject({ round: z.number(), a: z.number(), b: z.number(), ratio: z.number() }))
    .describe('latency on both sides of each round, ms'),
  noise_floor: z
    .strictObject({
      median: z.number().nullable().describe('median relative difference of two replays of A'),
      largest: z.number().nullable(),
      pairs: z.number(),
    })
    .describe('what the ratio would be off by if nothing had been changed'),
  error_relative: z.number().describe('predicted over measured ratio, less 1'),
  error_ms: z.number().describe('the same on B, ms'),
  verdict: verdict.nullable().describe('null where the sample supports none'),
})

/** A change of configuration, predicted from a profile that was recorded without it. */
export const whatIf = z.strictObject({
  scenario: z.strictObject({ name: z.string(), hash: z.string(), description: z.string() }),
  changes: z.array(z.string()).describe('"path: before → after" for each value that differs'),
  requests: z.string(),
  rounds: z.number().describe('interleaved replays of both sides'),
  percentiles: z.array(whatIfPercentile),
})

const arenaFigures = z.strictObject({
  held_mib: z.number().describe('taken from the system, weights included, as the next two'),
  in_use_mib: z.number().describe('most, after a node'),
  requested_mib: z.number().describe('most, of what was asked for at the fullest node of a batch'),
  internal_fragmentation: z
    .number()
    .nullable()
    .describe('1 - requested / in use where most was, without weights; null where nothing was'),
  external_fragmentation: z
    .number()
    .nullable()
    .describe('largest seen: 1 - largest free chunk / all that is free; null where none tells'),
  free_share: z
    .number()
    .nullable()
    .describe('1 - most in use / held, both without weights; null where nothing was held'),
  extensions_mib: z.array(z.number()).describe('regions in the order in which they were taken'),
})

/** The arena of a replica: the real one, and the modelled one with the same batches. */
export const memoryComparison = z.strictObject({
  pool: z.string(),
  replica: z.number(),
  pattern: z.boolean(),
  batches: z.number().describe('of the first replay, run once more'),
  left_out: z.string().nullable().describe('why not all batches of that replay'),
  measured: arenaFigures,
  driven: arenaFigures.nullable().describe('null where the profile has no plan of the model'),
  predicted: z
    .strictObject({
      held_mib: estimate,
      in_use_mib: estimate,
      requested_mib: estimate,
      internal_fragmentation: estimate,
      external_fragmentation: estimate,
      free_share: estimate,
    })
    .nullable()
    .describe('of the fullest replica in whole simulated runs, beside the one that was; else null'),
  error: z
    .strictObject({
      held: z.number(),
      in_use: z.number(),
      requested: z.number(),
      free_share: z.number().nullable().describe('driven less measured'),
    })
    .nullable()
    .describe('driven over measured, both without weights, less 1'),
  other_from: z
    .number()
    .nullable()
    .describe('number of the first batch, from 0, whose extensions differ; null for none'),
  process: arenaReplica.shape.process,
  verdict,
})

const check = z.strictObject({
  verdict,
  reason: z.string(),
  worst: z
    .strictObject({ p: z.number(), replay: z.number(), error_ms: z.number(), relative: z.number() })
    .nullable(),
})

export const comparisonSchema = z.strictObject({
  document: z.literal('spillway-comparison'),
  format: z.literal(1),
  version: z.string(),
  commit: z.string().nullable(),
  scenario: z.strictObject({ name: z.string(), hash: z.string(), description: z.string() }),
  seed: z.number(),
  profile: z.strictObject({ name: z.string(), hash: z.string() }),
  requests: z.string(),
  replays: z.number(),
  replications: z.number(),
  tolerance: z.strictObject({ relative: z.number(), absolute_ms: z.number() }),
  percentiles: z.array(percentileComparison),
  what_if: whatIf.nullable().describe('null where nothing was changed'),
  memory: z
    .array(memoryComparison)
    .nullable()
    .describe('null where no pool has an arena that can be observed'),
  checks: z.strictObject({
    structure: check,
    what_if: check.nullable(),
    prediction: check,
    noise_floor: check,
    memory: check.nullable().describe('held, by the model of the arena given the same batches'),
    audit: check.describe('rules that the scenario promises, by code of its own'),
  }),
  verdict,
  command: z.string().describe('reproduces this comparison'),
})

export type ReplayError = z.infer<typeof replayError>
export type PercentileComparison = z.infer<typeof percentileComparison>
export type WhatIfPercentile = z.infer<typeof whatIfPercentile>
export type WhatIf = z.infer<typeof whatIf>
export type MemoryComparison = z.infer<typeof memoryComparison>
export type ArenaFigures = z.infer<typeof arenaFigures>
export type Comparison = z.infer<typeof comparisonSchema>
