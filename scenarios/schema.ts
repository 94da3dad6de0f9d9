import { z } from 'zod'
import { parseObjective } from './objective.ts'

/**
 * The scenario format, version 1. This schema is the one source for the TypeScript types, for
 * validation and for the JSON Schema that editors use. Units stand last in every key. What
 * concerns more than one value (sums, names that refer to names) is checked in checks/.
 *
 * Every number has an upper limit far beyond use, so that no product of two of them overflows.
 */

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/i, 'a name of letters, digits, . _ or - (at most 100)')
const positive = z.number().positive().max(1e12)
const nonNegative = z.number().nonnegative().max(1e12)
const count = z.int().positive().max(1e9)
const seed = z.int().nonnegative()
const layers = count.max(1024)
const width = count.max(65_536)
const batch = count.max(4096)

const precision = z.enum(['fp32', 'fp16', 'int8'])

const work = z
  .discriminatedUnion('law', [
    z.strictObject({
      law: z.literal('constant'),
      ms: positive.describe('Every batch takes this long'),
    }),
    z.strictObject({
      law: z.literal('exponential'),
      mean_ms: positive.describe('Mean of the exponential law'),
    }),
    z.strictObject({
      law: z.literal('linear'),
      base_ms: nonNegative.describe('Time of a batch of any size'),
      per_item_ms: nonNegative.default(0).describe('Added for each request of the batch'),
      per_token_ms: nonNegative.default(0).describe('Added for each token, padding included'),
    }),
  ])
  .describe('Declared service time of a batch, for simulation only: nothing is run live')

const padTo = count
  .default(1)
  .describe('Lengths are padded up to a multiple of this before a batch is padded to its longest')

const dimension = z.union([z.enum(['batch', 'length']), count])

const builtin = z.discriminatedUnion('builtin', [
  z.strictObject({
    builtin: z.literal('mlp').describe('Dense layers; a request has no length'),
    layers: layers.default(8),
    width: width.default(256),
    seed: seed.default(1).describe('Of the weights'),
  }),
  z.strictObject({
    builtin: z.literal('transformer-encoder').describe('Work grows with the length of a request'),
    layers: layers.default(4),
    hidden: width.default(256).describe('A multiple of heads'),
    heads: count.default(4),
    vocabulary: count.max(1 << 20).default(8192),
    seed: seed.default(1).describe('Of the weights'),
    pad_to: padTo,
  }),
])

const input = z.strictObject({
  shape: z.array(dimension).min(1).describe('A size, or batch or length where it is free'),
  type: z.enum(['float32', 'float16', 'int64', 'int32']).default('float32'),
  fill: z.enum(['normal', 'tokens', 'ones']).default('normal').describe('What it is fed with'),
  vocabulary: count.default(1000).describe('Upper limit of `tokens`'),
})

const model = z.union([
  builtin,
  z.strictObject({
    onnx: z.string().min(1).describe('Path beside the scenario, or npm:PACKAGE/PATH'),
    inputs: z
      .record(z.string(), input)
      .describe('How batch and length map to the free dimensions of each input'),
    pad_to: padTo,
  }),
  z.strictObject({ work }),
])

const stepRate = z.strictObject({
  at_s: nonNegative.describe('Start of the step; the first is 0'),
  rate_rps: nonNegative.optional().describe('Mean arrival rate from here on'),
  load: nonNegative.optional().describe('The same as a share of the capacity'),
})

const surge = z.strictObject({
  at_s: nonNegative.describe('Start of the rise'),
  factor: positive.describe('The rate is multiplied by this at the peak'),
  rise_s: nonNegative.default(0),
  hold_s: nonNegative.default(0),
  decay_s: nonNegative.default(0).describe('Of a linear decay'),
  half_life_s: positive.optional().describe('Of an exponential decay, in place of a linear one'),
  every_s: positive.optional().describe('From one repetition to the next, until the end'),
})

const wave = z.strictObject({
  period_s: positive.describe('A day is 86400'),
  amplitude: z
    .number()
    .min(0)
    .max(1)
    .describe('The rate is times 1 + amplitude at the peak, 1 - amplitude half a period later'),
  peak_at_s: nonNegative.default(0).describe('Time of one of the peaks'),
})

const rated = {
  rate_rps: positive.optional().describe('Mean arrival rate'),
  load: positive.optional().describe('Rate over the capacity that the profile states'),
  schedule: z.array(stepRate).min(1).optional().describe('Rate in steps; replaces rate_rps/load'),
  surges: z.array(surge).default([]).describe('Several at once add up'),
  waves: z.array(wave).default([]).describe('Several, as of a day and a week, multiply'),
}

const cv = z.number().min(0.05).max(50)

const modulatingState = z.strictObject({
  factor: nonNegative
    .max(1e6)
    .describe('The rate is in proportion to it; the mean stays as stated'),
  mean_s: positive.describe('Mean duration; durations are exponential'),
  next: z
    .array(nonNegative.max(1e6))
    .optional()
    .describe('Weights of the states that follow, 0 for itself; by default all others alike'),
})

const ratedArrivals = [
  z.strictObject({ process: z.literal('deterministic'), ...rated }),
  z.strictObject({ process: z.literal('poisson'), ...rated }),
  z.strictObject({
    process: z.literal('gamma'),
    cv: cv.describe('Coefficient of variation of the gaps; 1 is poisson, more is burstier'),
    ...rated,
  }),
  z.strictObject({
    process: z.literal('weibull'),
    cv: cv.describe('Coefficient of variation of the gaps; 1 is poisson, more is burstier'),
    ...rated,
  }),
  z.strictObject({
    process: z.literal('mmpp').describe('Poisson, whose rate follows a Markov chain'),
    states: z.array(modulatingState).min(2).max(50),
    ...rated,
  }),
  z.strictObject({
    process: z.literal('on-off').describe('Poisson while on, nothing while off'),
    on_s: positive.describe('Mean duration; durations are exponential'),
    off_s: positive.describe('Mean duration; durations are exponential'),
    ...rated,
  }),
] as const

const duration = z.discriminatedUnion('distribution', [
  z.strictObject({ distribution: z.literal('fixed'), value: nonNegative }),
  z.strictObject({ distribution: z.literal('exponential'), mean: positive }),
  z.strictObject({ distribution: z.literal('uniform'), min: nonNegative, max: nonNegative }),
  z.strictObject({ distribution: z.literal('lognormal'), median: positive, p99: positive }),
])

const arrivals = z.discriminatedUnion('process', [
  ...ratedArrivals,
  z.strictObject({
    process: z.literal('closed-loop').describe('Users who each wait for an answer, and think'),
    users: count.max(1e6),
    think_time_s: duration.describe('From an answer to the next request, and before the first'),
  }),
  z.strictObject({
    process: z.literal('sum').describe('All that come by several processes'),
    of: z.array(z.discriminatedUnion('process', ratedArrivals)).min(2).max(500),
  }),
  z.strictObject({
    process: z.literal('trace'),
    file: z.string().min(1).describe('Path beside the scenario; may be gzip'),
    format: z.enum(['azure-llm', 'mooncake', 'burstgpt', 'csv', 'jsonl']),
    columns: z
      .strictObject({
        time: z.string(),
        input_tokens: z.string().optional(),
        output_tokens: z.string().optional(),
      })
      .optional()
      .describe('Column names of csv and jsonl'),
    time_unit: z.enum(['s', 'ms', 'us', 'ns', 'iso']).optional().describe('Of csv and jsonl'),
    window: z
      .union([
        z.strictObject({ from_s: nonNegative, to_s: positive }),
        z.strictObject({ busiest_s: positive }),
      ])
      .optional()
      .describe('Rows to take: seconds after the first row, or the busiest stretch so long'),
    time_scale: positive.optional().describe('Times are multiplied by this'),
    load: positive.optional().describe('Chooses time_scale so that the mean rate is this load'),
    jitter_s: positive
      .max(1e6)
      .optional()
      .describe('Times are spread over so long, where they come rounded down to it'),
    bad_rows: z
      .enum(['error', 'skip'])
      .default('error')
      .describe('skip: rows that cannot be read are counted and left out'),
    length_scale: positive.default(1).describe('Lengths are multiplied by this'),
    max_length: count.optional().describe('Longer requests are cut to this'),
  }),
])

const drawnLengths = [
  z.strictObject({ distribution: z.literal('fixed'), value: count }),
  z.strictObject({ distribution: z.literal('uniform'), min: count, max: count }),
  z.strictObject({
    distribution: z.literal('lognormal'),
    median: positive.max(1e9),
    p99: positive.max(1e9),
    min: count.default(1),
    max: count,
  }),
  z.strictObject({
    distribution: z.literal('quantiles'),
    quantiles: z
      .array(z.tuple([z.number().min(0).max(1), positive.max(1e9)]))
      .min(2)
      .describe('[probability, length] pairs, both rising, from probability 0 to 1'),
  }),
] as const

const lengths = z.discriminatedUnion('distribution', [
  ...drawnLengths,
  z.strictObject({ distribution: z.literal('trace') }),
])

const level = z.int().min(1).max(100)

const retry = z
  .strictObject({
    max_attempts: z.int().min(2).max(255).describe('Of one call, the first included'),
    backoff_ms: nonNegative.default(0).describe('Before the second attempt'),
    multiplier: z.number().min(1).max(100).default(2).describe('Of each further backoff'),
    max_backoff_ms: positive.optional(),
    jitter: z
      .enum(['none', 'full', 'equal'])
      .default('none')
      .describe('full: anywhere up to the backoff; equal: in its upper half'),
    budget: z
      .strictObject({
        ratio: nonNegative.max(100).describe('Retries that each call allows its class'),
        burst: positive.default(10).describe('Retries that may be saved up'),
      })
      .optional()
      .describe('Shared by all clients of the class'),
  })
  .describe('A client that is refused, fails or has lost its patience tries again')

const session = z
  .strictObject({
    turns: z.discriminatedUnion('distribution', drawnLengths).describe('Requests of a session'),
    think_time_s: duration.describe('From an answer to the next turn'),
    carry_context: z
      .boolean()
      .default(false)
      .describe('A turn has the lengths of those before it on top of its own'),
  })
  .describe('What arrives is a session of several requests, each sent after the answer before')

const trafficClass = z.strictObject({
  class: name,
  arrivals,
  input_tokens: lengths
    .default({ distribution: 'fixed', value: 1 })
    .describe("Length of a request in the model's free dimension: tokens, pixels, samples"),
  timeout_ms: positive.optional().describe("The client's patience: it leaves, the work goes on"),
  cancel: z
    .boolean()
    .default(false)
    .describe('Clients that leave say so: a request that still waits leaves with its client'),
  retry: retry.optional(),
  session: session.optional(),
  priority: level.default(1).describe('1 is the highest; for discipline priority'),
  deadline_ms: positive
    .optional()
    .describe('From the scheduled arrival, for discipline earliest-deadline; else timeout_ms'),
  tenant: name.optional().describe('Who shares fairly with others; the class itself by default'),
  weight: positive.max(1e6).default(1).describe("The tenant's share, in proportion to the others'"),
  queue_timeout_ms: positive
    .optional()
    .describe('Replaces a longer timeout_ms of a queue that says allow_timeout_override'),
})

const routing = z.enum(['round-robin', 'least-loaded'])

const batching = z.discriminatedUnion('policy', [
  z.strictObject({ policy: z.literal('none') }),
  z.strictObject({ policy: z.literal('fixed'), batch: batch.describe('Waits until it is full') }),
  z.strictObject({
    policy: z.literal('dynamic'),
    max_batch: batch,
    preferred: z.array(batch).default([]).describe('Sizes sent without waiting for the window'),
    max_delay_ms: nonNegative.default(0).describe('The batch window; 0 is greedy'),
  }),
])

const queueBounds = {
  max_length: count.optional().describe('Requests beyond it are shed; waiting, not in service'),
  timeout_ms: positive.optional().describe('The server drops requests that waited so long'),
  timeout_action: z
    .enum(['reject', 'delay'])
    .optional()
    .describe('delay: they wait on behind all others of their level, without a second time-out'),
  allow_timeout_override: z
    .boolean()
    .optional()
    .describe("Whether a class's queue_timeout_ms may shorten it"),
}

const queue = z.strictObject({
  discipline: z
    .enum([
      'fifo',
      'lifo',
      'priority',
      'earliest-deadline',
      'shortest-job',
      'deficit-round-robin',
      'virtual-token-counter',
    ])
    .default('fifo'),
  mode: z.enum(['shared', 'per-replica']).default('shared'),
  routing: routing.default('least-loaded').describe('Among replicas, where mode is per-replica'),
  ...queueBounds,
  ageing_ms: positive
    .optional()
    .describe('Of priority: a wait so long is worth one level; strict without it'),
  levels: z
    .record(
      z.string().regex(/^([1-9]\d?|100)$/, 'a priority from 1 to 100'),
      z.strictObject(queueBounds),
    )
    .default({})
    .describe('Of priority: bounds of single levels, where they differ from those of the queue'),
  prediction_cv: nonNegative
    .max(100)
    .optional()
    .describe('Of shortest-job: coefficient of variation of predicted lengths; 0 knows them'),
  quantum: count
    .optional()
    .describe('Of deficit-round-robin: length that a tenant of weight 1 may be served in a turn'),
})

const pool = z.strictObject({
  name,
  accelerator: z.literal('local').default('local').describe('This machine, as calibrated'),
  execution_provider: z.enum(['cpu', 'webgpu', 'cuda']).default('cpu'),
  threads: count.max(1024).default(1).describe('Intra-op threads of each replica'),
  replicas: count.max(1024).default(1),
  model: name.describe('One of models'),
  precision: precision.default('fp32'),
  speed: z
    .enum(['profile', 'ideal'])
    .default('profile')
    .describe('ideal: constant speed 1 and no overheads'),
  queue: queue.prefault({}),
  batching: batching.default({ policy: 'none' }),
})

export const scenarioSchema = z.strictObject({
  $schema: z.string().optional(),
  spillway: z.literal(1).describe('Format version'),
  name,
  description: z.string().max(10_000).default(''),
  extends: z.string().optional().describe('A scenario file whose values this one overrides'),
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
          message: 'an objective such as "p(99) latency_ms < 250" or "goodput > 99.5%"',
        }),
      ),
    )
    .default({})
    .describe('Objectives of each class'),
  pools: z.array(pool).min(1).max(250),
  router: z.strictObject({ policy: routing.default('least-loaded') }).prefault({}),
})

export type Scenario = z.infer<typeof scenarioSchema>
export type Model = Scenario['models'][string]
export type TrafficClass = Scenario['traffic'][number]
export type Arrivals = TrafficClass['arrivals']
export type RatedArrivals = Extract<Arrivals, { rate_rps?: unknown }>
export type Duration = z.infer<typeof duration>
export type Lengths = TrafficClass['input_tokens']
export type Pool = Scenario['pools'][number]
export type Batching = Pool['batching']
export type Work = z.infer<typeof work>
export type Precision = z.infer<typeof precision>
export type Routing = z.infer<typeof routing>
