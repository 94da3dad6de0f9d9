import { z } from 'zod'
import { parseObjective } from './objective.ts'
import { admission } from './schema-admission.ts'
import { generation } from './schema-generation.ts'
import { device, modelMemory, type PoolMemory, poolMemory } from './schema-memory.ts'
import { queue, routing } from './schema-queue.ts'
import {
  type Duration,
  duration,
  type RatedArrivals,
  type TraceProcess,
  trafficClass,
} from './schema-traffic.ts'
import { count, name, nonNegative, off, positive, share } from './schema-values.ts'

export { allocators, type BatchMemory, servesBatches } from './schema-memory.ts'
export type { Duration, PoolMemory, RatedArrivals, TraceProcess }

/**
 * The scenario format, version 1. The TypeScript types, validation and the JSON Schema for editors
 * all come from this schema. Units are last in every key. Rules on more than one value (sums,
 * references by name) are checked in checks/.
 */

const seed = z.int().nonnegative()
const layers = count.max(1024)
const width = count.max(65_536)
const batch = count.max(4096)

const precision = z.enum(['fp32', 'fp16', 'int8'])

const setUp = {
  setup_ms: z
    .union([nonNegative, duration])
    .optional()
    .describe('Cold-start time, added to a batch that finds its executor idle; fixed or drawn'),
}

const spread = nonNegative
  .max(10)
  .default(0)
  .describe("Coefficient of variation of a batch's time around that mean; lognormal")

const work = z
  .discriminatedUnion('law', [
    z.strictObject({
      law: z.literal('constant'),
      ms: positive.describe('Time of every batch'),
      ...setUp,
    }),
    z.strictObject({
      law: z.literal('two-point').describe('Some batches take longer'),
      ms: positive.describe('Time of most batches'),
      slow_ms: positive.describe('Time of slow batches'),
      slow_share: share.describe('Probability that a batch is slow'),
      ...setUp,
    }),
    z.strictObject({
      law: z.literal('exponential'),
      mean_ms: positive.describe('Mean of the exponential distribution'),
      ...setUp,
    }),
    z.strictObject({
      law: z.literal('linear'),
      base_ms: nonNegative.describe('Time of any batch'),
      per_item_ms: nonNegative.default(0).describe('Added for each request of the batch'),
      per_token_ms: nonNegative.default(0).describe('Added for each token, padding included'),
      ...setUp,
    }),
    z.strictObject({
      law: z.literal('table'),
      sizes: z.array(batch).min(1).max(1000).describe('Measured batch sizes, rising'),
      ms: z
        .array(positive)
        .min(1)
        .max(1000)
        .describe('Mean time of a batch of each size; interpolated and extrapolated linearly'),
      cv: spread,
    }),
    z.strictObject({
      law: z.literal('length-table').describe('As measured, by batch size and length'),
      sizes: z.array(batch).min(1).max(1000).describe('Measured batch sizes, rising'),
      lengths: z
        .array(count)
        .min(1)
        .max(1000)
        .describe('Measured lengths of each request, padding included, rising'),
      ms: z
        .array(z.array(positive).min(1).max(1000))
        .min(1)
        .max(1000)
        .describe('Mean times: a row for each size, with a time for each length'),
      cv: spread,
    }),
    z.strictObject({
      law: z
        .literal('throughput')
        .describe('Throughput by concurrency, as load generators report it: see the guide'),
      concurrency: z
        .array(batch)
        .min(1)
        .max(1000)
        .describe('Requests that clients kept in flight, rising'),
      throughput_rps: z.array(positive).min(1).max(1000).describe('Requests/s at each concurrency'),
      instances: count.max(1024).default(1).describe('Instances of the measured server'),
      batch_share: z
        .number()
        .min(0.001)
        .max(1)
        .optional()
        .describe(
          'Requests in flight that are one batch; default: 1 / (instances + 1), as one more batch waits',
        ),
      cv: spread,
    }),
    z.strictObject({
      law: z.literal('generation').describe('Time of a step, which gives each sequence one token'),
      base_ms: nonNegative.describe('Time of any step, as for reading the weights'),
      per_sequence_ms: nonNegative.default(0).describe('For each sequence in the step'),
      per_prefill_token_ms: nonNegative.default(0).describe('For each token of a prompt'),
      per_context_token_ms: nonNegative
        .default(0)
        .describe('For each token in the KV caches of decoding sequences'),
    }),
  ])
  .describe('Declared service time of a batch, for simulation only: a live replay cannot run it')

const padTo = count
  .default(1)
  .describe('Lengths are padded to a multiple of this, then all to the longest of the batch')

const dimension = z.union([z.enum(['batch', 'length']), count])

const builtin = z.discriminatedUnion('builtin', [
  z.strictObject({
    builtin: z.literal('mlp').describe('Dense layers; requests have no length'),
    layers: layers.default(8),
    width: width.default(256),
    seed: seed.default(1).describe('Seed of the weights'),
  }),
  z.strictObject({
    builtin: z.literal('transformer-encoder').describe('Work grows with the length of a request'),
    layers: layers.default(4),
    hidden: width.default(256).describe('A multiple of heads'),
    heads: count.default(4),
    vocabulary: count.max(1 << 20).default(8192),
    seed: seed.default(1).describe('Seed of the weights'),
    pad_to: padTo,
  }),
])

const input = z.strictObject({
  shape: z.array(dimension).min(1).describe('Fixed sizes, and batch or length for free dimensions'),
  type: z.enum(['float32', 'float16', 'int64', 'int32']).default('float32'),
  fill: z.enum(['normal', 'tokens', 'ones']).default('normal').describe('Kind of values'),
  vocabulary: count.default(1000).describe('Upper limit of `tokens`'),
})

const model = z.union([
  builtin,
  z.strictObject({
    onnx: z.string().min(1).describe('Path relative to the scenario, or npm:PACKAGE/PATH'),
    inputs: z
      .record(z.string(), input)
      .describe('Maps batch and length to the free dimensions of each input'),
    pad_to: padTo,
  }),
  z.strictObject({
    work,
    ragged: off.describe('Computes requests at their actual lengths, without padding'),
    memory: modelMemory.optional(),
  }),
])

const window = nonNegative.default(0).describe('The batch window; 0 is greedy')

const batching = z.discriminatedUnion('policy', [
  z.strictObject({ policy: z.literal('none') }),
  z.strictObject({
    policy: z.literal('fixed'),
    batch: batch.describe('The batch waits until it has this size'),
  }),
  z.strictObject({
    policy: z.literal('dynamic'),
    max_batch: batch,
    preferred: z.array(batch).default([]).describe('Sizes sent without waiting for the window'),
    max_delay_ms: window,
  }),
  z.strictObject({
    policy: z.literal('aimd').describe('Clipper: the largest batch within a latency target'),
    max_batch: batch,
    target_ms: positive.describe('Longest time of a batch, from dispatch to its reported end'),
    increase: count.default(1).describe('Added to the limit after a full batch within target'),
    decrease: z
      .number()
      .min(0.01)
      .max(0.99)
      .default(0.9)
      .describe('The limit is multiplied by this after a batch that missed the target'),
    max_delay_ms: window,
  }),
  z.strictObject({
    policy: z.literal('cork').describe('BentoML: waits while that pays; one batch in flight'),
    max_batch: batch,
    max_latency_ms: positive.describe('A request that can no longer meet this latency is dropped'),
  }),
  z.strictObject({
    policy: z.literal('deadline-aware').describe('Waits while every request has slack'),
    max_batch: batch,
    margin_ms: nonNegative.default(0).describe('Batches are dispatched this much earlier'),
  }),
  z.strictObject({
    policy: z.literal('length-bucketed').describe('Batches of similar lengths: less padding'),
    max_batch: batch,
    edges: z
      .array(count)
      .min(1)
      .max(64)
      .describe('Longest length of each bucket, rising; longer requests share a last one'),
    max_delay_ms: window.describe('The batch window of each bucket; 0 is greedy'),
  }),
])

const pool = z.strictObject({
  name,
  accelerator: z
    .literal('local')
    .default('local')
    .meta({ deprecated: true, description: 'Not supported yet: leave it out' }),
  execution_provider: z.enum(['cpu', 'webgpu', 'cuda']).default('cpu'),
  threads: count.max(1024).default(1).describe('Intra-op threads of each replica'),
  replicas: count.max(1024).default(1),
  model: name.describe('Name of a model'),
  precision: precision.default('fp32'),
  speed: z
    .enum(['profile', 'ideal'])
    .default('profile')
    .describe('ideal: constant speed 1 and no overheads'),
  admission: admission.prefault({}).describe('Admission control, in a fixed order'),
  queue: queue.prefault({}),
  batching: batching.default({ policy: 'none' }),
  generation: generation.optional(),
  memory: poolMemory.optional(),
})

const link = z
  .strictObject({
    delay_ms: nonNegative.default(0).describe('Delay of each request, at any load'),
    per_request_ms: nonNegative.default(0).describe('Time that a request occupies the link'),
  })
  .describe('The link from clients to queues, for simulation only: requests pass it one by one')

export const scenarioSchema = z.strictObject({
  $schema: z.string().optional(),
  spillway: z.literal(1).describe('Format version'),
  name,
  description: z.string().max(10_000).default(''),
  extends: z.string().optional().describe('A scenario file; values here override it'),
  seed: seed.default(1).describe('The same seed gives the same requests'),
  duration_s: positive.max(1e7).describe('Arrivals end here; then the queues drain'),
  warmup_s: nonNegative.default(0).describe('Requests that arrive before this are not counted'),
  models: z.record(name, model),
  traffic: z.array(trafficClass).min(1).max(250),
  slo: z
    .record(
      name,
      z.array(
        z.string().refine((text) => parseObjective(text) !== null, {
          message:
            'an objective such as "p(99) latency_ms < 250", "p(95) ttft_ms < 500", "p(99) call_ms < 900" or "goodput > 99.5%"',
        }),
      ),
    )
    .default({})
    .describe('Objectives of each class'),
  pools: z.array(pool).min(1).max(250),
  devices: z.array(device).max(250).default([]).describe('Memory that pools share'),
  link: link.optional(),
  router: z.strictObject({ policy: routing.default('least-loaded') }).prefault({}),
})

export type Scenario = z.infer<typeof scenarioSchema>
export type Model = Scenario['models'][string]
export type TrafficClass = Scenario['traffic'][number]
export type Arrivals = TrafficClass['arrivals']
export type Lengths = TrafficClass['input_tokens']
export type Pool = Scenario['pools'][number]
export type Batching = Pool['batching']
export type Generation = NonNullable<Pool['generation']>
export type Work = z.infer<typeof work>
export type ModelMemory = z.infer<typeof modelMemory>
export type Device = z.infer<typeof device>
export type Precision = z.infer<typeof precision>
export type Routing = z.infer<typeof routing>

type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S

/** Each member of a union of scenario types, with its keys in camel case. */
export type CamelKeys<T> = T extends unknown
  ? { readonly [K in keyof T as CamelCase<K & string>]: T[K] }
  : never

/** The processes of a sum, or the process itself. */
export function arrivalParts(arrivals: Arrivals): readonly Exclude<Arrivals, { process: 'sum' }>[] {
  return arrivals.process === 'sum' ? arrivals.of : [arrivals]
}
