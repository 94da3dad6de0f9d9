import { z } from 'zod'
import { check } from './comparison-document.ts'
import { configurationRow } from './configuration-document.ts'
import { estimate, headOf, number, numberOrNull, scenarioRef } from './document-parts.ts'
import { stability, tailPoint } from './documents.ts'

/** Named variants of a scenario side by side, simulated, and measured where they were replayed. */

/** What variants are compared by: latencies of served requests over all classes, ms, and shares. */
export const VARIANT_METRICS = ['p50', 'p95', 'p99', 'goodput', 'utilisation'] as const

const metric = z.enum(VARIANT_METRICS)

/** Figures of all classes together. */
const figures = z.strictObject({
  p50: estimate.describe('ms, as the other percentiles'),
  p95: estimate,
  p99: estimate,
  goodput: estimate.describe('share of all requests within every limit of their class'),
  utilisation: estimate.describe('of the busiest pool'),
})

const ratio = z.strictObject({
  variant: z.string(),
  metric,
  value: numberOrNull.describe('figure of the variant over that of the first variant'),
  low: numberOrNull.describe('ends of the interval, at the level of its test by Holm'),
  high: numberOrNull,
  difference: z
    .enum(['higher', 'lower', 'none found'])
    .nullable()
    .describe('by a test of all ratios together, 5 %; null where there is no ratio'),
  reason: z.string().optional().describe('why there is no ratio'),
})

const outputDrift = z.strictObject({
  variant: z.string(),
  pool: z.string(),
  inputs: number.describe('the same inputs for both models'),
  cosine_mean: numberOrNull.describe('cosine similarity of the first output, mean over inputs'),
  cosine_least: numberOrNull,
  top1: numberOrNull.describe(
    'share of rows of the last axis whose largest element is the same one',
  ),
  reason: z.string().nullable().describe('why outputs are not compared; null where they are'),
})

const measured = z.strictObject({
  replays: number,
  slice_ms: numberOrNull.describe('null where whole replays alternated'),
  blocks: number.describe('of the variant with the fewest'),
  not_counted: z.array(z.strictObject({ replay: number, variant: z.string(), reason: z.string() })),
  variants: z.array(
    z.strictObject({
      name: z.string(),
      requests: z.string().describe('hash of its requests'),
      figures,
      stability,
      tail: z.array(tailPoint),
    }),
  ),
  ratios: z.array(ratio).describe('by the latencies of all blocks; interval by a bootstrap'),
  output_drift: z.array(outputDrift),
  audit: check,
  warnings: z.array(z.string()),
})

export const variantsSchema = z.strictObject({
  ...headOf('spillway-variants'),
  scenario: scenarioRef.describe('as it stands, without any variant'),
  seed: number,
  profile: z.strictObject({ name: z.string(), hash: z.string() }).nullable(),
  duration_s: number,
  warmup_s: number,
  replications: number,
  rate: z
    .string()
    .nullable()
    .describe('of which variant loads are shares of the capacity; null where there are no loads'),
  variants: z.array(
    z.strictObject({
      name: z.string(),
      set: z.array(z.string()),
      changes: z.array(z.string()).describe('from the first variant'),
      row: configurationRow,
      figures,
      tail: z.array(tailPoint),
    }),
  ),
  ratios: z.array(ratio).describe('paired over replications, with common random numbers'),
  measured: measured.nullable().describe('null where nothing was replayed'),
  warnings: z.array(z.string()),
  command: z.string(),
})

export type VariantMetric = z.infer<typeof metric>
export type VariantFigures = z.infer<typeof figures>
export type VariantRatio = z.infer<typeof ratio>
export type OutputDrift = z.infer<typeof outputDrift>
export type MeasuredVariants = z.infer<typeof measured>
export type Variants = z.infer<typeof variantsSchema>
