import { z } from 'zod'
import { configurationRow } from './configuration-document.ts'
import { headOf, number, numberOrNull, scenarioRef } from './document-parts.ts'

/** How the configurations of a sweep end. */
const SWEEP_STATUSES = ['done', 'invalid', 'out_of_memory'] as const

/** A part of a sweep: every `of`-th configuration, from the number `index` on. */
const shard = z
  .strictObject({ index: z.int().min(1), of: z.int().min(1) })
  .refine(({ index, of }) => index <= of)

/** Everything that decides the rows of a sweep. Sweeps with the same plan have the same rows. */
const plan = {
  scenario: scenarioRef.extend({ file: z.string().describe('a path or a shipped name, as typed') }),
  profile: z.strictObject({ name: z.string(), hash: z.string() }).nullable(),
  seed: number,
  replications: z.int().min(1).describe('of each configuration, or at least'),
  precision: numberOrNull.describe(
    'replications are added until half of each interval is at most this share of its value; null: none are',
  ),
  set: z.array(z.string()).describe('overrides path=value of every configuration'),
  paths: z.array(z.string()).describe('scenario values in which the configurations differ'),
  grid: z
    .array(z.array(z.string()).min(1))
    .nullable()
    .describe('values of each path, the last of which changes first; null for a list of points'),
  figure: z
    .strictObject({
      class: z.string(),
      text: z.string().describe('such as "p(95) latency_ms"'),
      objective: z.int().min(0).nullable().describe('its place in `objectives`; null for p99'),
      limit_ms: numberOrNull.describe('null without a limit that all configurations share'),
    })
    .describe('the latency that ranks and charts show: of the first objective on one, or p99'),
}

export const sweepManifestSchema = z.strictObject({
  ...headOf('spillway-sweep-manifest'),
  ...plan,
  points: z
    .array(z.array(z.string()))
    .nullable()
    .describe('values of each path, configuration by configuration; null for a grid'),
  shard: shard.nullable().describe('null for the whole sweep'),
})

export const sweepRowSchema = z.strictObject({
  configuration: z.int().min(1).describe('its number in the plan'),
  values: z.array(z.string()).describe('in the order of `paths`'),
  status: z.enum(SWEEP_STATUSES),
  reason: z.string().nullable().describe('why there are no figures; null where there are'),
  scenario: z.string().nullable().describe('hash of the scenario with its overrides'),
  figures: configurationRow.nullable(),
})

export const sweepSchema = z.strictObject({
  ...headOf('spillway-sweep'),
  ...plan,
  shard: shard.nullable().describe('null for the whole sweep'),
  configurations: number.describe('in this sweep, or in its shard'),
  counts: z.strictObject({
    PASS: number,
    UNDECIDED: number,
    FAIL: number,
    not_judged: number.describe('configurations without objectives'),
    invalid: number,
    out_of_memory: number,
  }),
  best: numberOrNull.describe(
    'number of the best configuration: a better verdict, then a lower price or without prices fewer replicas, then a lower latency; null where none has figures',
  ),
  front: z
    .array(number)
    .nullable()
    .describe(
      'numbers of configurations that fail no objective and of which no other is both cheaper and faster; null without prices',
    ),
  rows: z
    .array(sweepRowSchema)
    .describe('in the order of the plan: all, or of many the front and the best'),
})

export type SweepManifest = z.infer<typeof sweepManifestSchema>
export type SweepRow = z.infer<typeof sweepRowSchema>
export type Sweep = z.infer<typeof sweepSchema>
