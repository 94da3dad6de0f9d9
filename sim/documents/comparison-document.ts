import { z } from 'zod'
import { arenaReplica } from './arena-document.ts'
import { estimate, headOf, number, numberOrNull, numbers, scenarioRef } from './document-parts.ts'
import { stability, verdict } from './documents.ts'

/** The document of a comparison: simulated and measured figures for the same requests. */

/** Why a replay is no evidence. */
const spoiled = {
  reason: z.string(),
  figure: z.string().describe('what shows it, such as "12 % of the time"'),
}

/** Error of a simulated figure against one replay's; ms and relative, signed (sim - measured). */
export const replayError = z.strictObject({
  replay: number,
  measured: number,
  simulated: number,
  low: number,
  high: number,
  error_ms: number,
  error_relative: number,
  verdict,
})

const noiseFloor = z.strictObject({
  median: numberOrNull.describe('median relative difference of two replays'),
  largest: numberOrNull,
  pairs: number,
})

/** Parts of a prediction error, each signed; they add up to it. */
const errorSplit = z.strictObject({
  structure: number.describe('queueing, batching and overheads: the mean structure error'),
  service_model: number.describe(
    'speed of batches by the profile, other than drift; with the drift where that is null',
  ),
  drift: numberOrNull.describe('change of the machine since its profile, by the control kernel'),
  noise: number.describe('stalls and chance of these replays: the rest'),
})

export const percentileComparison = z.strictObject({
  p: number,
  n: number.describe(
    'requests per replay; of those without stalls, the fewest in one or in a simulation of it',
  ),
  simulated: estimate.describe(
    'geometric mean over replications, interval of single replications: of their draws only, not of the profile',
  ),
  measured: estimate.describe(
    'geometric mean over replays that count, t interval on the log scale',
  ),
  each: z
    .array(z.strictObject({ replay: number, value: number, low: number, high: number }))
    .describe('figure of each replay, with its block-bootstrap interval over time'),
  structure: z.array(replayError).describe('of the replays that count; of all where none does'),
  prediction: z.array(replayError).describe('of the same replays'),
  verdicts: z
    .strictObject({ structure: verdict.nullable(), prediction: verdict.nullable() })
    .describe('on these replays together; null where the sample supports none or no replay counts'),
  split: errorSplit
    .nullable()
    .describe('of simulated over measured, less 1; null where a latency is 0'),
  noise_floor: noiseFloor,
})

/** Effect of a change on a percentile: the ratio B/A, predicted and measured. */
export const whatIfPercentile = z.strictObject({
  p: number,
  n: number.describe('requests per replay, on the side with fewer'),
  a: number.describe('latency of A over all blocks, ms'),
  b: number.describe('the same of B'),
  predicted: estimate.describe('ratio: median over replications, interval of single replications'),
  measured: estimate.describe('ratio: b over a, interval from a bootstrap over blocks'),
  each: z
    .array(z.strictObject({ round: number, a: number, b: number, ratio: number }))
    .describe('latencies of both sides in each round, ms'),
  noise_floor: noiseFloor.describe('of replays of A: the error of the ratio if nothing is changed'),
  error_relative: number.describe('predicted ratio / measured ratio - 1'),
  error_ms: number.describe('the same error as a latency of B, ms'),
  verdict: verdict.nullable().describe('null where the sample supports none'),
})

/** A change of configuration, predicted from a profile that was recorded without it. */
export const whatIf = z.strictObject({
  scenario: scenarioRef,
  changes: z
    .array(z.string())
    .describe(
      '"path: before → after" for each value that differs; empty for A/A, a scenario with itself',
    ),
  requests: z.string(),
  rounds: number.describe('replays of each side'),
  not_counted: z
    .array(z.strictObject({ round: number, ...spoiled }))
    .describe('rounds with a replay that is no evidence, in no figure unless none counts'),
  blocks: number.describe(
    'in which both sides met the same machine: two slices of each, or a replay of each',
  ),
  slice_ms: numberOrNull.describe('null where whole replays alternated'),
  control: numberOrNull.describe(
    "B's over A's time of the control kernel, median over blocks; null where it was not timed",
  ),
  percentiles: z.array(whatIfPercentile),
})

const arenaFigures = z.strictObject({
  held_mib: number.describe('reserved from the system, weights included'),
  in_use_mib: number.describe('peak after a node, weights included'),
  requested_mib: number.describe('peak at the fullest node of a batch, weights included'),
  internal_fragmentation: numberOrNull.describe(
    '1 - requested / in use at the peak, without weights; null where nothing was in use',
  ),
  external_fragmentation: numberOrNull.describe(
    'maximum of 1 - largest free chunk / free memory; null where it is not observed',
  ),
  free_share: numberOrNull.describe(
    '1 - in use / reserved, without weights; null where nothing was',
  ),
  extensions_mib: numbers.describe('regions in the order of their reservation'),
})

/** The arena of a replica: the real one, and the modelled one with the same batches. */
export const memoryComparison = z.strictObject({
  pool: z.string(),
  replica: number,
  pattern: z.boolean(),
  batches: number.describe('batches of the first replay, which ran once more'),
  left_out: z
    .string()
    .nullable()
    .describe('why batches of that replay are missing; null where none are'),
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
    .describe('figures of the fullest replica in simulated runs; null for the other replicas'),
  error: z
    .strictObject({
      held: number,
      in_use: number,
      requested: number,
      free_share: numberOrNull.describe('driven - measured'),
    })
    .nullable()
    .describe('driven / measured - 1, both without weights'),
  other_from: numberOrNull.describe('first batch, from 0, whose extensions differ; null for none'),
  process: arenaReplica.shape.process,
  verdict,
})

/** Times of a fixed piece of work: they tell a change of the machine from a wrong profile. */
const controlKernel = z.strictObject({
  pools: z.array(
    z.strictObject({
      pool: z.string(),
      profile_ms: numberOrNull.describe('when its speed was recorded; null where not timed'),
      replays_ms: numberOrNull.describe('just before the traffic of the replays'),
    }),
  ),
  unknown: z.string().nullable().describe('why the drift is not known; null where it is'),
})

export const check = z.strictObject({
  verdict,
  reason: z.string(),
  worst: z
    .strictObject({ p: number, replay: number, error_ms: number, relative: number })
    .nullable(),
})

/** Percentiles without the requests that met a stall of the machine; compared as those of all. */
const stallFree = z.strictObject({
  share: z
    .strictObject({
      simulated: estimate.describe('median over replications, and the middle 95 % of them'),
      measured: estimate.describe('mean over replays that count, the smallest and the largest'),
    })
    .describe('of the served requests; n: the fewest that met no stall in one run'),
  percentiles: z.array(percentileComparison),
  checks: z
    .strictObject({ structure: check, prediction: check })
    .describe('no part of the verdict of the comparison'),
})

export const comparisonSchema = z.strictObject({
  ...headOf('spillway-comparison'),
  scenario: scenarioRef,
  seed: number,
  profile: z.strictObject({ name: z.string(), hash: z.string() }),
  requests: z.string(),
  replays: number,
  not_counted: z
    .array(z.strictObject({ replay: number, ...spoiled }))
    .describe('replays that are no evidence, and are in no figure unless none counts'),
  replications: number,
  tolerance: z.strictObject({ relative: number, absolute_ms: number }),
  percentiles: z.array(percentileComparison).describe('of all served requests'),
  stall_free: stallFree.describe(
    'of requests that met no recorded stall of the dispatcher or of an executor of their station',
  ),
  stability: z
    .strictObject({ predicted: stability, measured: stability })
    .describe('percentiles of an overloaded run depend on its duration'),
  control_kernel: controlKernel,
  what_if: whatIf.nullable().describe('null without a change'),
  memory: z
    .array(memoryComparison)
    .nullable()
    .describe('null where no pool has an arena that can be observed'),
  checks: z.strictObject({
    structure: check,
    what_if: check.nullable(),
    prediction: check,
    memory: check
      .nullable()
      .describe(
        'reserved memory: the model of the arena, with the same batches, against the real one',
      ),
    audit: check.describe('rules of the scenario, verified by the independent checker'),
  }),
  verdict,
  command: z.string().describe('reproduces this comparison'),
})

export type ReplayError = z.infer<typeof replayError>
export type PercentileComparison = z.infer<typeof percentileComparison>
export type ControlKernel = z.infer<typeof controlKernel>
export type ErrorSplit = z.infer<typeof errorSplit>
export type WhatIfPercentile = z.infer<typeof whatIfPercentile>
export type WhatIf = z.infer<typeof whatIf>
export type MemoryComparison = z.infer<typeof memoryComparison>
export type ArenaFigures = z.infer<typeof arenaFigures>
export type StallFree = z.infer<typeof stallFree>
export type Comparison = z.infer<typeof comparisonSchema>
