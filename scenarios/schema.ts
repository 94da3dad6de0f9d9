import { z } from 'zod'
import { parseObjective } from './objective.ts'

/**
 * The scenario format, version 1. This schema is the one source for the TypeScript types, for
 * validation and for the JSON Schema that editors use. Units stand last in every key.
 */

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i, 'a name of letters, digits, . _ or -')
const positive = z.number().positive()
const nonNegative = z.number().nonnegative()
const count = z.int().positive()

const precision = z.enum(['fp32', 'fp16', 'int8'])

const work = z
  .discriminatedUnion('law', [
    z.strictObject({ law: z.literal('constant'), ms: positive }),
    z.strictObject({ law: z.literal('exponential'), mean_ms: positive }),
    z.strictObject({
      law: z.literal('linear'),
      base_ms: nonNegative,
      per_item_ms: nonNegative.default(0),
      per_token_ms: nonNegative.default(0),
    }),
  ])
  .describe('Declared service time of a batch, for simulation only: nothing is run live')

const padTo = count
  .default(1)
  .describe('Lengths are padded up to a multiple of this before a batch is padded to its longest')

const dimension = z.union([z.enum(['batch', 'length']), count])

const model = z.union([
  z.strictObject({
    builtin: z.literal('mlp'),
    layers: count.default(8),
    width: count.default(256),
    seed: z.int().nonnegative().default(1),
  }),
  z.strictObject({
    builtin: z.literal('transformer-encoder'),
    layers: count.default(4),
    hidden: count.default(256),
    heads: count.default(4),
    vocabulary: count.default(8192),
    seed: z.int().nonnegative().default(1),
    pad_to: padTo,
  }),
  z.strictObject({
    onnx: z.string().min(1).describe('Path beside the scenario, or npm:PACKAGE/PATH'),
    inputs: z
      .record(
        z.string(),
        z.strictObject({
          shape: z.array(dimension).min(1),
          type: z.enum(['float32', 'float16', 'int64', 'int32']).default('float32'),
          fill: z.enum(['normal', 'tokens', 'ones']).default('normal'),
          vocabulary: count.default(1000).describe('Upper limit of `tokens`'),
        }),
      )
      .describe('How batch and length map to the free dimensions of each input'),
    pad_to: padTo,
  }),
  z.strictObject({ work }),
])

const stepRate = z.strictObject({
  at_s: nonNegative,
  rate_rps: nonNegative.optional(),
  load: nonNegative.optional(),
})

const surge = z.strictObject({
  at_s: nonNegative,
  factor: positive,
  rise_s: nonNegative.default(0),
  hold_s: nonNegative.default(0),
  decay_s: nonNegative.default(0),
})

const rated = {
  rate_rps: positive.optional().describe('Mean arrival rate'),
  load: positive.optional().describe('Rate over the capacity that the profile states'),
  schedule: z.array(stepRate).min(1).optional().describe('Rate in steps; replaces rate_rps/load'),
  surges: z.array(surge).default([]),
}

const arrivals = z.discriminatedUnion('process', [
  z.strictObject({ process: z.literal('deterministic'), ...rated }),
  z.strictObject({ process: z.literal('poisson'), ...rated }),
  z.strictObject({ process: z.literal('gamma'), cv: positive, ...rated }),
  z.strictObject({
    process: z.literal('trace'),
    file: z.string().min(1),
    format: z.enum(['azure-llm', 'csv', 'jsonl']),
    columns: z
      .strictObject({ time: z.string(), input_tokens: z.string().optional() })
      .optional()
      .describe('Column names of csv and jsonl'),
    time_unit: z.enum(['s', 'ms', 'us', 'ns', 'iso']).optional(),
    window: z
      .union([
        z.strictObject({ from_s: nonNegative, to_s: positive }),
        z.strictObject({ busiest_s: positive }),
      ])
      .optional(),
    time_scale: positive.optional().describe('Times are multiplied by this'),
    load: positive.optional().describe('Chooses time_scale so that the mean rate is this load'),
    length_scale: positive.default(1),
    max_length: count.optional(),
  }),
])

const lengths = z.discriminatedUnion('distribution', [
  z.strictObject({ distribution: z.literal('fixed'), value: count }),
  z.strictObject({ distribution: z.literal('uniform'), min: count, max: count }),
  z.strictObject({
    distribution: z.literal('lognormal'),
    median: positive,
    p99: positive,
    min: count.default(1),
    max: count,
  }),
  z.strictObject({
    distribution: z.literal('quantiles'),
    quantiles: z
      .array(z.tuple([z.number().min(0).max(1), positive]))
      .min(2)
      .describe('[probability, length] pairs, both rising, from probability 0 to 1'),
  }),
  z.strictObject({ distribution: z.literal('trace') }),
])

const trafficClass = z.strictObject({
  class: name,
  arrivals,
  input_tokens: lengths
    .default({ distribution: 'fixed', value: 1 })
    .describe("Length of a request in the model's free dimension: tokens, pixels, samples"),
  timeout_ms: positive.optional().describe("The client's patience: it leaves, the work goes on"),
})

const routing = z.enum(['round-robin', 'least-loaded'])

const batching = z.discriminatedUnion('policy', [
  z.strictObject({ policy: z.literal('none') }),
  z.strictObject({ policy: z.literal('fixed'), batch: count }),
  z.strictObject({
    policy: z.literal('dynamic'),
    max_batch: count,
    preferred: z.array(count).default([]),
    max_delay_ms: nonNegative.default(0).describe('The batch window; 0 is greedy'),
  }),
])

const pool = z.strictObject({
  name,
  accelerator: z.literal('local').default('local'),
  execution_provider: z.enum(['cpu', 'webgpu', 'cuda']).default('cpu'),
  threads: count.default(1).describe('Intra-op threads of each replica'),
  replicas: count.default(1),
  model: name,
  precision: precision.default('fp32'),
  speed: z
    .enum(['profile', 'ideal'])
    .default('profile')
    .describe('ideal: constant speed 1 and no overheads'),
  queue: z
    .strictObject({
      discipline: z.literal('fifo').default('fifo'),
      mode: z.enum(['shared', 'per-replica']).default('shared'),
      routing: routing
        .default('least-loaded')
        .describe('Among replicas, where mode is per-replica'),
      max_length: count.optional(),
      timeout_ms: positive.optional(),
    })
    .prefault({}),
  batching: batching.default({ policy: 'none' }),
})

export const scenarioSchema = z.strictObject({
  $schema: z.string().optional(),
  spillway: z.literal(1).describe('Format version'),
  name,
  description: z.string().default(''),
  extends: z.string().optional().describe('A scenario file whose values this one overrides'),
  seed: z.int().nonnegative().default(1),
  duration_s: positive,
  warmup_s: nonNegative.default(0),
  models: z.record(name, model),
  traffic: z.array(trafficClass).min(1),
  slo: z
    .record(
      name,
      z.array(
        z.string().refine((text) => parseObjective(text) !== null, {
          message: 'an objective such as "p(99) latency_ms < 250" or "goodput > 99.5%"',
        }),
      ),
    )
    .default({}),
  pools: z.array(pool).min(1),
  router: z.strictObject({ policy: routing.default('least-loaded') }).prefault({}),
})

export type Scenario = z.infer<typeof scenarioSchema>
export type Model = Scenario['models'][string]
export type TrafficClass = Scenario['traffic'][number]
export type Arrivals = TrafficClass['arrivals']
export type Lengths = TrafficClass['input_tokens']
export type Pool = Scenario['pools'][number]
export type Batching = Pool['batching']
export type Work = z.infer<typeof work>
export type Precision = z.infer<typeof precision>
export type Routing = z.infer<typeof routing>
