import { z } from 'zod'
import { parseObjective } from './objective.ts'
import { admission } from './schema-admission.ts'
import { generation } from './schema-generation.ts'
import { device, modelMemory, type PoolMemory, poolMemory } from './schema-memory.ts'
import { onnxModel, padTo, precision } from './schema-onnx.ts'
import { queue, routing } from './schema-queue.ts'
import {
  type Duration,
  type RatedArrivals,
  type TraceProcess,
  trafficClass,
} from './schema-traffic.ts'
import { batch, count, name, nonNegative, off, positive } from './schema-values.ts'
import { work } from './schema-work.ts'

export { allocators, type BatchMemory, servesBatches } from './schema-memory.ts'
export { type TensorType, tensorTypes } from './schema-onnx.ts'
export type { Duration, PoolMemory, RatedArrivals, TraceProcess }

/**
 * The scenario format, version 1. The TypeScript types, validation and the JSON Schema for editors
 * all come from this schema. Units are last in every key. Rules on more than one value (sums,
 * references by name) are checked in checks/.
 */

const seed = z.int().nonnegative()
const layers = count.max(1024)
const width = count.max(65_536)

const builtin = z.discriminatedUnion('builtin', [
  z.strictObject({
    builtin: z.literal('mlp').describe('Dense layers; requests have no length'),
    layers: layers.default(8).describe('Number of dense layers'),
    width: width.default(256).describe('Width of each layer'),
    seed: seed.default(1).describe('Seed of the weights'),
  }),
  z.strictObject({
    builtin: z.literal('transformer-encoder').describe('Work grows with the length of a request'),
    layers: layers.default(4).describe('Number of encoder layers'),
    hidden: width.default(256).describe('A multiple of heads'),
    heads: count.default(4),
    vocabulary: count.max(1 << 20).default(8192),
    seed: seed.default(1).describe('Seed of the weights'),
    pad_to: padTo,
  }),
])

const model = z.union([
  builtin,
  onnxModel,
  z.strictObject({
    work,
    ragged: off.describe('Computes requests at their actual lengths, without padding'),
    memory: modelMemory.optional(),
  }),
])

const window = nonNegative.default(0).describe('The batch window; 0 is greedy')

const largest = batch.describe('Most requests of a batch')

const batching = z.discriminatedUnion('policy', [
  z.strictObject({ policy: z.literal('none').describe('Each request runs alone') }),
  z.strictObject({
    policy: z.literal('fixed').describe('Batches of one size'),
    batch: batch.describe('The batch waits until it has this size'),
  }),
  z.strictObject({
    policy: z.literal('dynamic').describe('Triton: what waits, after a batch window'),
    max_batch: largest,
    preferred: z.array(batch).default([]).describe('Sizes sent without waiting for the window'),
    max_delay_ms: window,
  }),
  z.strictObject({
    policy: z.literal('aimd').describe('Clipper: the largest batch within a latency target'),
    max_batch: largest,
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
    max_batch: largest,
    max_latency_ms: positive.describe('A request that can no longer meet this latency is dropped'),
  }),
  z.strictObject({
    policy: z.literal('deadline-aware').describe('Waits while every request has slack'),
    max_batch: largest,
    margin_ms: nonNegative.default(0).describe('Batches are dispatched this much earlier'),
  }),
  z.strictObject({
    policy: z.literal('length-bucketed').describe('Batches of similar lengths: less padding'),
    max_batch: largest,
    edges: z
      .array(count)
      .min(1)
      .max(64)
      .describe('Longest length of each bucket, rising; longer requests share a last one'),
    max_delay_ms: window.describe('The batch window of each bucket; 0 is greedy'),
  }),
])

const pool = z.strictObject({
  name: name.describe('Name of the pool'),
  accelerator: z
    .literal('local')
    .default('local')
    .meta({ deprecated: true, description: 'Not supported yet: leave it out' }),
  execution_provider: z
    .enum(['cpu', 'webgpu', 'cuda'])
    .default('cpu')
    .describe('Of ONNX Runtime: where a replay runs the model'),
  threads: count.max(1024).default(1).describe('Intra-op threads of each replica'),
  replicas: count.max(1024).default(1).describe('Executors, each with its copy of the model'),
  price_usd_per_hour: nonNegative
    .optional()
    .describe('Price of one replica, US dollars an hour; results then state the cost'),
  model: name.describe('Name of a model'),
  precision: precision.default('fp32').describe('Which variant of the model it runs'),
  speed: z
    .enum(['profile', 'ideal'])
    .default('profile')
    .describe('ideal: constant speed 1 and no overheads'),
  admission: admission.prefault({}).describe('Admission control, in a fixed order'),
  queue: queue.prefault({}).describe('Where requests wait: order, bounds and time-outs'),
  batching: batching
    .default({ policy: 'none' })
    .describe('When waiting requests are dispatched as one batch'),
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
  $schema: z.string().optional().describe('Of this JSON Schema, for editors; else ignored'),
  spillway: z.literal(1).describe('Format version'),
  name: name.describe('Name of the scenario; results of run go to runs/NAME'),
  description: z.string().max(10_000).default('').describe('Free text, printed with results'),
  extends: z.string().optional().describe('A scenario file; values here override it'),
  seed: seed.default(1).describe('The same seed gives the same requests'),
  duration_s: positive.max(1e7).describe('Arrivals end here; then the queues drain'),
  warmup_s: nonNegative.default(0).describe('Requests that arrive before this are not counted'),
  models: z.record(name, model).describe('Models by name; pools name one each'),
  traffic: z.array(trafficClass).min(1).max(250).describe('Classes of requests'),
  slo: z
    .record(
      name,
      z.array(
        z.string().refine((text) => parseObjective(text) !== null, {
          message:
            'an objective such as "p(99) latency_ms < 250", "p(99, worst 1m) latency_ms < 250", "p(95) ttft_ms < 500", "p(99) call_ms < 900" or "goodput > 99.5%"',
        }),
      ),
    )
    .default({})
    .describe('Objectives of each class'),
  pools: z.array(pool).min(1).max(250).describe('Replicas that share a model and a queue'),
  devices: z.array(device).max(250).default([]).describe('Memory that pools share'),
  link: link.optional(),
  router: z
    .strictObject({ policy: routing.default('least-loaded') })
    .prefault({})
    .describe('Chooses the pool of a request'),
  variants: z
    .record(name, z.record(z.string(), z.unknown()))
    .optional()
    .describe('Named changes, for `spillway variants`: values by their paths, as in --set'),
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
