import * as z from 'zod'
import { outcomes, refusals } from '../serving/index.ts'
import { estimate, number, numberOrNull } from './document-parts.ts'

/** What documents state of the requests of a class or a pool. Times are milliseconds. */

export const percentiles = z.strictObject({
  p50: estimate.describe('Median, ms; null where a run has fewer than 60 values.'),
  p90: estimate.describe('The 90th percentile, ms; null where a run has fewer than 300 values.'),
  p95: estimate.describe('The 95th percentile, ms; null where a run has fewer than 600 values.'),
  p99: estimate.describe('The 99th percentile, ms; null where a run has fewer than 3,000 values.'),
  p99_9: estimate.describe(
    'The 99.9th percentile, ms; null where a run has fewer than 30,000 values.',
  ),
})

export const distribution = z.strictObject({
  mean: estimate.describe('Mean over runs of the mean in each run, ms.'),
  percentiles: percentiles.describe(
    'Percentiles: the geometric mean over runs of the nearest rank in each run, ms.',
  ),
})

/** A count for each of these codes, by its key in results. */
function countsOf<K extends string>(
  codes: readonly { readonly key: K; readonly meaning: string }[],
  described: (meaning: string) => string,
): { readonly [P in K]: z.ZodNumber } {
  const entries = codes.map(
    ({ key, meaning }) => [key, number.describe(described(meaning))] as const,
  )
  return Object.fromEntries(entries) as { readonly [P in K]: z.ZodNumber }
}

export const counts = z.strictObject({
  arrived: number.describe(
    'Number of requests scheduled after the warm-up, summed over runs; ' +
      'each attempt of a call and each part of a fan-out counts.',
  ),
  ...countsOf(outcomes, (meaning) => `Number of requests that ${meaning}, summed over runs.`),
  in_flight: number.describe(
    'Number of requests that had not ended when the run was cut off, summed over runs.',
  ),
})

/** Refused requests by the first admission control that refused them; they add up to `shed`. */
export const shedBy = z.strictObject(
  countsOf(
    refusals,
    (meaning) => `Number of requests refused because ${meaning}, summed over runs.`,
  ),
)

export const parts = z.strictObject({
  lag: distribution.describe(
    'Send delay, ms: from the scheduled arrival of a request to its arrival at a queue.',
  ),
  queue: distribution.describe('Queue time, ms: the wait of a request while no executor is free.'),
  batch_wait: distribution.describe(
    'Batch wait, ms: the wait of a request although an executor is free.',
  ),
  overhead: distribution.describe(
    'Overheads of the dispatch and the completion of a request, ms, stalls included.',
  ),
  service: distribution.describe('Time of a request on its executor, ms, in a batch or in steps.'),
  network: distribution
    .optional()
    .describe(
      'Time of a request and of its answer on the network or link, ms; absent where there is neither.',
    ),
})

export const tokenTimes = z.strictObject({
  ttft: distribution.describe(
    'Time to first token of served requests, from their scheduled arrival, ms; with ' +
      '`first_token_delay_ms`.',
  ),
  tpot: distribution.describe(
    'Mean time per token after the first, ms, over served requests with more than one token, as ' +
      'their clients measure it.',
  ),
  itl: distribution.describe(
    'Inter-token latency, ms: the gap between two tokens of a request as they are generated; n ' +
      'counts gaps.',
  ),
  preemptions: estimate.describe(
    'Number of preemptions of completed requests in a run; mean over runs, and n counts runs.',
  ),
})

/** Figures that classes and pools have alike. */
export const cell = z.strictObject({
  name: z.string().describe('Name of the class or of the pool.'),
  counts: counts.describe('Requests that were scheduled after the warm-up, by how they ended.'),
  latency: distribution.describe(
    'Latency of served requests, from their scheduled arrival to their completion, ms.',
  ),
  latency_all: percentiles.describe(
    'Percentiles of the latency over all arrivals, ms; a lost request takes infinitely long.',
  ),
  parts: parts.describe(
    'Parts of the latency of served requests; means of the parts add up to its mean.',
  ),
  throughput_rps: estimate.describe(
    'Throughput, requests per second: those that are served while the traffic lasts, from the ' +
      'warm-up to its end, over that time; mean over runs. What is served later does not count.',
  ),
  goodput_rps: estimate.describe(
    'Goodput, requests per second: the part of the throughput that is within every latency limit ' +
      'of its class; mean over runs.',
  ),
  goodput_share: estimate.describe(
    'Share of all arrivals that are served within every latency limit of their class, 0 to 1, ' +
      'also after the end of the traffic; mean over runs.',
  ),
  retries: number.describe(
    'Number of arrivals that are the second or a further attempt of a call, summed over runs.',
  ),
  tokens: tokenTimes
    .nullable()
    .describe('Token times of requests that generate; null where nothing was generated.'),
})

export const calls = z
  .strictObject({
    made: number.describe(
      'Number of calls that began after the warm-up, summed over runs; ' +
        'a call has attempts, and an attempt has parts.',
    ),
    answered: number.describe(
      'Number of calls with an attempt whose parts were all served, summed over runs.',
    ),
    latency: distribution.describe(
      'Latency of answered calls, ms: from the scheduled arrival of the first attempt ' +
        'to the answer of the last part.',
    ),
    latency_all: percentiles.describe(
      'Percentiles of the latency over all calls, ms; a call without an answer takes ' +
        'infinitely long.',
    ),
  })
  .nullable()
  .describe('Calls of the clients of the class; null where each request is a call.')

export const held = z
  .strictObject({
    count: number.describe(
      'Number of requests that were sent later than scheduled, as `max_in_flight` requests of the ' +
        'class were in flight; sent after the warm-up, summed over runs.',
    ),
    share: estimate.describe('The same as a share of the requests, 0 to 1; mean over runs.'),
    wait: distribution.describe(
      'Wait of these requests at their clients, ms. It is part of no latency.',
    ),
    longest_ms: number.describe('The longest of these waits over all runs, ms.'),
    latency_from_schedule: distribution.describe(
      'Latency of served requests, ms, from when they were scheduled: with the wait at the client.',
    ),
  })
  .describe(
    'Requests that waited at the clients of the class; absent where they send as scheduled.',
  )

export const hedges = z
  .strictObject({
    sent: number.describe(
      'Number of copies that were sent in addition to first copies, summed over runs.',
    ),
    sent_share: estimate.describe(
      'The same for each request or part of one; mean over runs, and n counts requests.',
    ),
    won: number.describe('Number of these copies that answered their request, summed over runs.'),
    withdrawn: number.describe(
      'Number of copies, the first included, that left a queue because another copy had been ' +
        'answered, or had started where they are tied; summed over runs.',
    ),
    redundant: number.describe(
      'Number of copies, the first included, that completed after another one had been answered; ' +
        'summed over runs.',
    ),
    wasted: estimate.describe(
      'Share of the executor time of the class that redundant copies took, 0 to 1; mean over ' +
        'runs, and n counts runs. Generation is not included.',
    ),
  })
  .nullable()
  .describe(
    'Copies of hedged or tied requests that were scheduled after the warm-up; null without ' +
      '`hedge`. Withdrawn and redundant copies are in no other count of the class.',
  )

/** One point of a tail curve; p runs from 0.01 to the last that the sample supports. */
export const tailPoint = z
  .strictObject({
    p: number.describe('Level of the percentile, 0 to 1.'),
    value: number.describe('Latency at this level, ms: of one run, or the median over runs.'),
    low: numberOrNull.describe(
      'Lower end of where 95 % of runs are, ms: the middle of these runs, and by a profile with several recordings that of a next run on its machine. Null where it is the latency of one run.',
    ),
    high: numberOrNull.describe(
      'Upper end of where 95 % of runs are, ms; null where it is the latency of one run.',
    ),
  })
  .describe('One point of a tail curve.')

export type Percentiles = z.infer<typeof percentiles>
export type Distribution = z.infer<typeof distribution>
export type Counts = z.infer<typeof counts>
export type ShedBy = z.infer<typeof shedBy>
export type TailPoint = z.infer<typeof tailPoint>
