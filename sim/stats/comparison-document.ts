import { z } from 'zod'
import { estimate, verdict } from './documents.ts'

/** The document of a comparison: what two worlds say of the same requests. */

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

/** What a change does to a percentile: the ratio B/A, predicted and measured. */
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
  checks: z.strictObject({
    structure: check,
    what_if: check.nullable(),
    prediction: check,
    noise_floor: check,
    audit: check.describe('rules that the scenario promises, by code of its own'),
  }),
  verdict,
  command: z.string().describe('reproduces this comparison'),
})

export type ReplayError = z.infer<typeof replayError>
export type PercentileComparison = z.infer<typeof percentileComparison>
export type WhatIfPercentile = z.infer<typeof whatIfPercentile>
export type WhatIf = z.infer<typeof whatIf>
export type Comparison = z.infer<typeof comparisonSchema>
