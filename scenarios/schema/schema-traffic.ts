import { z } from 'zod'
import { drawnLengths, lengthStep, lengths } from './schema-lengths.ts'
import { changing } from './schema-surges.ts'
import { count, name, nonNegative, off, positive } from './schema-values.ts'

/** Traffic of the scenario format: arrivals, lengths and clients. */

const stepRate = z.strictObject({
  at_s: nonNegative.describe('Start of the step; the first step starts at 0'),
  rate_rps: nonNegative.optional().describe('Mean arrival rate from this time on'),
  load: nonNegative.optional().describe('The rate as a share of the capacity'),
})

const rated = {
  rate_rps: positive.optional().describe('Mean arrival rate'),
  load: positive.optional().describe('Rate over the capacity that follows from the profile'),
  schedule: z.array(stepRate).min(1).optional().describe('Rate in steps; replaces rate_rps/load'),
  ...changing,
}

const cv = z.number().min(0.05).max(50)

const bursty = {
  cv: cv.describe('Coefficient of variation of the gaps; 1 is Poisson, above 1 is burstier'),
  ...rated,
}

const modulatingState = z.strictObject({
  factor: nonNegative.max(1e6).describe('Proportional to the rate; the mean rate is as stated'),
  mean_s: positive.describe('Mean duration; durations are exponential'),
  next: z
    .array(nonNegative.max(1e6))
    .optional()
    .describe('Weights of the next state, 0 for this one; default: all other states alike'),
})

const clientCv = z.discriminatedUnion('distribution', [
  z.strictObject({ distribution: z.literal('fixed'), value: cv }),
  z.strictObject({ distribution: z.literal('uniform'), min: cv, max: cv }),
  z.strictObject({ distribution: z.literal('lognormal'), median: cv, p99: cv }),
])

const ratedArrivals = [
  z.strictObject({
    process: z.literal('deterministic').describe('Equal gaps, as of one clock'),
    ...rated,
  }),
  z.strictObject({
    process: z.literal('poisson').describe('Many independent clients'),
    ...rated,
  }),
  z.strictObject({
    process: z.literal('gamma').describe('Independent gaps of a gamma distribution'),
    ...bursty,
  }),
  z.strictObject({
    process: z.literal('weibull').describe('Independent gaps of a Weibull distribution'),
    ...bursty,
  }),
  z.strictObject({
    process: z.literal('mmpp').describe('Poisson, with a rate that follows a Markov chain (MMPP)'),
    states: z
      .array(modulatingState)
      .min(2)
      .max(50)
      .describe('States of the chain, each with its rate and duration'),
    ...rated,
  }),
  z.strictObject({
    process: z.literal('on-off').describe('Poisson while on, no arrivals while off'),
    on_s: positive.describe('Mean duration; durations are exponential'),
    off_s: positive.describe('Mean duration; durations are exponential'),
    ...rated,
  }),
  z.strictObject({
    process: z.literal('clients').describe('Many clients, of which a few send most requests'),
    clients: count.max(10_000).describe('Number of clients; each has its share and its burstiness'),
    share_exponent: nonNegative
      .max(10)
      .default(1)
      .describe('The k-th heaviest client has a share in proportion to 1 / k^this; 0: all alike'),
    cv: clientCv.describe("Coefficient of variation of a client's gaps, drawn for each client"),
    gaps: z.enum(['gamma', 'weibull']).default('gamma').describe("Of each client's requests"),
    ...rated,
  }),
] as const

/** In the unit at the end of its key. */
export const duration = z.discriminatedUnion('distribution', [
  z.strictObject({ distribution: z.literal('fixed'), value: nonNegative }),
  z.strictObject({ distribution: z.literal('exponential'), mean: positive }),
  z.strictObject({ distribution: z.literal('uniform'), min: nonNegative, max: nonNegative }),
  z.strictObject({ distribution: z.literal('lognormal'), median: positive, p99: positive }),
])

const arrivals = z
  .discriminatedUnion('process', [
    ...ratedArrivals,
    z.strictObject({
      process: z.literal('closed-loop').describe('Each user waits for an answer, then thinks'),
      users: count.max(1e6).describe('Number of users; each has one request at a time'),
      think_time_s: duration.describe('From an answer to the next request, and before the first'),
    }),
    z.strictObject({
      process: z.literal('sum').describe('Superposition of several processes'),
      of: z
        .array(z.discriminatedUnion('process', ratedArrivals))
        .min(2)
        .max(500)
        .describe('The processes, each with its rate'),
    }),
    z.strictObject({
      process: z.literal('servegen').describe('Clients with recorded rates, as in ServeGen'),
      file: z
        .string()
        .min(1)
        .describe('Folder with chunk-N-trace.csv for each client, or one such file; may be gzip'),
      from_s: nonNegative.default(0).describe('Time in the rows at which the run starts'),
      rate_rps: positive.optional().describe('Mean of the run; scales the recorded rates'),
      load: positive.optional().describe('The mean rate as a share of the capacity'),
    }),
    z.strictObject({
      process: z.literal('trace').describe('Recorded times, and lengths, of a file'),
      file: z.string().min(1).describe('Path relative to the scenario; may be gzip'),
      format: z
        .enum(['azure-llm', 'mooncake', 'burstgpt', 'csv', 'jsonl', 'parquet'])
        .optional()
        .describe('Default: guessed from the first rows of the file'),
      columns: z
        .strictObject({
          time: z.string().optional().describe('Of the arrivals; default: guessed'),
          input_tokens: z.string().optional(),
          output_tokens: z.string().optional(),
          class: z.string().optional().describe('Its values separate the rows of several classes'),
        })
        .optional()
        .describe('Column names; formats other than csv, jsonl and parquet only take class'),
      class_values: z
        .array(z.string())
        .min(1)
        .max(1000)
        .optional()
        .describe('Values of columns.class whose rows this class takes; default: its own name'),
      time_unit: z
        .enum(['s', 'ms', 'us', 'ns', 'iso'])
        .optional()
        .describe('For csv, jsonl and parquet; iso: text or, in parquet, a timestamp'),
      window: z
        .union([
          z.strictObject({ from_s: nonNegative, to_s: positive }),
          z.strictObject({ busiest_s: positive }),
        ])
        .optional()
        .describe('Rows to use: seconds after the first row, or the busiest stretch'),
      time_scale: positive.optional().describe('Times are multiplied by this'),
      load: positive.optional().describe('Chooses time_scale so that the mean rate is this load'),
      growth: positive
        .max(100)
        .default(1)
        .describe('Requests for each recorded one; a fraction is a probability'),
      ...changing,
      copy_shift_s: nonNegative
        .max(1e6)
        .default(1)
        .describe(
          'Copies of the trace that growth, surges and waves add are up to half of this off',
        ),
      jitter_s: positive
        .max(1e6)
        .optional()
        .describe('Spreads times over this interval, for traces that round times down to it'),
      bad_rows: z
        .enum(['error', 'skip'])
        .default('error')
        .describe('skip: rows that cannot be read are counted and left out'),
      length_scale: positive.default(1).describe('Lengths are multiplied by this'),
      max_length: count.optional().describe('Longer requests are cut to this'),
    }),
  ])
  .describe('When requests arrive: the process sets their spacing')

const retry = z
  .strictObject({
    max_attempts: z.int().min(2).max(255).describe('Attempts of one call, including the first'),
    backoff_ms: nonNegative.default(0).describe('Before the second attempt'),
    multiplier: z.number().min(1).max(100).default(2).describe('Factor of each further backoff'),
    max_backoff_ms: positive.optional().describe('Longest backoff'),
    jitter: z
      .enum(['none', 'full', 'equal'])
      .default('none')
      .describe('full: uniform up to the backoff; equal: uniform in its upper half'),
    budget: z
      .strictObject({
        ratio: nonNegative.max(100).describe('Retries that each call adds to the budget'),
        burst: positive.default(10).describe('Most retries that the budget can hold'),
      })
      .optional()
      .describe('Retry budget, shared by all clients of the class'),
  })
  .describe('Retries of a call after a refusal, a failure or a client timeout')

const session = z
  .strictObject({
    turns: z.discriminatedUnion('distribution', drawnLengths).describe('Requests of a session'),
    think_time_s: duration.describe('From an answer to the next turn'),
    carry_context: off.describe('Adds the lengths of all earlier turns to each turn'),
  })
  .describe('Each arrival is a session of requests, each sent after the answer before it')

export const trafficClass = z.strictObject({
  class: name.describe('Name of these requests, for objectives and results'),
  model: name.optional().describe('Name of a model: only pools of this model serve the class'),
  arrivals,
  input_tokens: lengths
    .default({ distribution: 'fixed', value: 1 })
    .describe("Length of a request in the model's free dimension: tokens, pixels, samples"),
  output_tokens: lengths
    .optional()
    .describe('Tokens to generate, for pools with generation; the first comes with the prompt'),
  length_correlation: z
    .number()
    .min(-1)
    .max(1)
    .optional()
    .describe('Rank correlation (Spearman) of input_tokens and output_tokens, both drawn'),
  length_schedule: z
    .array(lengthStep)
    .min(1)
    .optional()
    .describe('Lengths over time: steps that shift them within their distribution'),
  shared_prefix_tokens: count
    .max(1e6)
    .optional()
    .describe(
      'Length of the prefix of all prompts, part of input_tokens; with carry_context it is the first context',
    ),
  fan_out: count
    .max(1024)
    .default(1)
    .describe('Parts of a request, each on another replica; it ends with its last part'),
  timeout_ms: z
    .union([positive, duration])
    .optional()
    .describe('Client timeout, fixed or drawn; the server may still do the work'),
  cancel: off.describe('A client that times out cancels its request if that still waits'),
  retry: retry.optional(),
  session: session.optional(),
  priority: count.max(100).default(1).describe('From 1, the highest; for queues and admission'),
  deadline_ms: positive
    .optional()
    .describe('From the scheduled arrival, for policies by deadline; default: timeout_ms'),
  tenant: name.optional().describe('Unit of fair sharing or of a token bucket; default: the class'),
  weight: positive.max(1e6).default(1).describe("The tenant's share, relative to others"),
  queue_timeout_ms: positive
    .optional()
    .describe('Replaces a longer timeout_ms of a queue with allow_timeout_override'),
})

type TrafficClass = z.infer<typeof trafficClass>
export type Duration = z.infer<typeof duration>
export type RatedArrivals = Exclude<
  Extract<TrafficClass['arrivals'], { surges?: unknown }>,
  { process: 'trace' }
>
export type TraceProcess = Extract<TrafficClass['arrivals'], { process: 'trace' }>
