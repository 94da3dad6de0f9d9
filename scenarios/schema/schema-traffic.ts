import { z } from 'zod'
import { count, name, nonNegative, positive } from './schema-values.ts'

/** The part of the scenario format that says what comes: arrivals, lengths and clients. */

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

const clientCv = z.discriminatedUnion('distribution', [
  z.strictObject({ distribution: z.literal('fixed'), value: cv }),
  z.strictObject({ distribution: z.literal('uniform'), min: cv, max: cv }),
  z.strictObject({ distribution: z.literal('lognormal'), median: cv, p99: cv }),
])

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
  z.strictObject({
    process: z.literal('clients').describe('Many clients, of whom few send most of the requests'),
    clients: count.max(10_000).describe('Each has a share and a burstiness of its own'),
    share_exponent: nonNegative
      .max(10)
      .default(1)
      .describe('The share of the k-th heaviest is in proportion to 1 / k^this; 0: all alike'),
    cv: clientCv.describe("Coefficient of variation of a client's gaps, drawn for each client"),
    gaps: z.enum(['gamma', 'weibull']).default('gamma').describe("Of each client's requests"),
    ...rated,
  }),
] as const

/** In the unit that the key of it ends in. */
export const duration = z.discriminatedUnion('distribution', [
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
    process: z.literal('servegen').describe('Clients whose rates were recorded, as in ServeGen'),
    file: z
      .string()
      .min(1)
      .describe('Folder with chunk-N-trace.csv for each client, or one such file; may be gzip'),
    from_s: nonNegative.default(0).describe('Time in the rows at which the run begins'),
    rate_rps: positive.optional().describe('Mean of the run, in place of the recorded rates'),
    load: positive.optional().describe('The same as a share of the capacity'),
  }),
  z.strictObject({
    process: z.literal('trace'),
    file: z.string().min(1).describe('Path beside the scenario; may be gzip'),
    format: z.enum(['azure-llm', 'mooncake', 'burstgpt', 'csv', 'jsonl', 'parquet']),
    columns: z
      .strictObject({
        time: z.string(),
        input_tokens: z.string().optional(),
        output_tokens: z.string().optional(),
      })
      .optional()
      .describe('Column names of csv, jsonl and parquet'),
    time_unit: z
      .enum(['s', 'ms', 'us', 'ns', 'iso'])
      .optional()
      .describe('Of csv, jsonl and parquet; iso: text or, in parquet, a timestamp'),
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
    distribution: z.literal('geometric').describe('At least 1, without memory'),
    mean: z.number().min(1).max(1e9),
  }),
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

const priorityLevel = z.int().min(1).max(100)

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

const level = z
  .number()
  .min(0.001)
  .max(0.999)
  .optional()
  .describe('Probability of the distribution at which their median lies; 0.5 as it is stated')

const lengthStep = z.strictObject({
  at_s: nonNegative.describe('From here on, until the next step'),
  input_level: level,
  output_level: level,
})

export const trafficClass = z.strictObject({
  class: name,
  model: name.optional().describe('One of models: only pools of it serve the class'),
  arrivals,
  input_tokens: lengths
    .default({ distribution: 'fixed', value: 1 })
    .describe("Length of a request in the model's free dimension: tokens, pixels, samples"),
  output_tokens: lengths
    .optional()
    .describe('Tokens to generate, where a pool generates; the first comes with the prompt'),
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
    .describe('Lengths that follow the clock: in steps, further up or down in their distribution'),
  shared_prefix_tokens: count
    .max(1e6)
    .optional()
    .describe(
      'Tokens with which all prompts begin, as instructions; part of input_tokens, but of sessions that carry their context what they start from',
    ),
  fan_out: z
    .int()
    .min(1)
    .max(1024)
    .default(1)
    .describe('Parts of a request, each for another replica; the last to be done ends it'),
  timeout_ms: z
    .union([positive, duration])
    .optional()
    .describe("The client's patience, for all alike or drawn: it leaves, the work goes on"),
  cancel: z
    .boolean()
    .default(false)
    .describe('Clients that leave say so: a request that still waits leaves with its client'),
  retry: retry.optional(),
  session: session.optional(),
  priority: priorityLevel
    .default(1)
    .describe('1 is the highest; for discipline and admission by priority'),
  deadline_ms: positive
    .optional()
    .describe('From the scheduled arrival, for what goes by deadlines; else a timeout_ms of all'),
  tenant: name
    .optional()
    .describe('Who shares fairly with others, or a token bucket; the class itself by default'),
  weight: positive.max(1e6).default(1).describe("The tenant's share, in proportion to the others'"),
  queue_timeout_ms: positive
    .optional()
    .describe('Replaces a longer timeout_ms of a queue that says allow_timeout_override'),
})

type TrafficClass = z.infer<typeof trafficClass>
export type Duration = z.infer<typeof duration>
export type RatedArrivals = Extract<TrafficClass['arrivals'], { surges?: unknown }>
