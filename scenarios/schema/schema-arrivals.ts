import * as z from 'zod'
import { changing } from './schema-surges.ts'
import { count, kind, lazy, nonNegative, once, positive } from './schema-values.ts'

/** Arrival processes with a stated rate. */

const stepRate = lazy(() =>
  z
    .strictObject({
      at_s: nonNegative
        .describe(
          'The time from which the rate applies, until the next step; times rise from 0 on.',
        )
        .meta({ examples: [0] }),
      rate_rps: nonNegative
        .optional()
        .describe('The mean arrival rate of the step; 0 sends no requests.')
        .meta({ examples: [40] }),
      load: nonNegative
        .optional()
        .describe('The mean arrival rate of the step as a share of the capacity; 0 sends none.')
        .meta({ examples: [0.5] }),
    })
    .describe('A step of the schedule, with either `rate_rps` or `load`.'),
)

const rated = once(() => ({
  rate_rps: positive
    .optional()
    .describe(
      'The mean arrival rate, off times included, before surges and waves. Exactly one of ' +
        '`rate_rps`, `load` and `schedule` is stated.',
    ),
  load: positive
    .optional()
    .describe(
      'The mean arrival rate as a share of the capacity, which follows from the profile or the ' +
        'declared work. It replaces `rate_rps`, and is rejected where models are swapped or share a ' +
        'card.',
    ),
  schedule: z
    .array(stepRate)
    .min(1)
    .optional()
    .describe('Steps of the mean arrival rate over time, in place of one `rate_rps` or `load`.'),
  ...changing(),
}))

const cv = z.number().min(0.05).max(50)

const bursty = once(() => ({
  cv: cv.describe(
    'The coefficient of variation of the gaps between requests: 1 is as random as `poisson`, ' +
      'more is burstier, less is more regular.',
  ),
  ...rated(),
}))

const modulatingState = lazy(() =>
  z
    .strictObject({
      factor: nonNegative
        .max(1e6)
        .describe(
          'The rate in this state, relative to the other states; 0 sends no requests. All rates ' +
            'are scaled so that their mean over time is the stated one.',
        ),
      mean_s: positive.describe('The mean time in this state; times are exponential.'),
      next: z
        .array(nonNegative.max(1e6))
        .optional()
        .describe(
          'The weights of the next state, one for each entry of `states` and 0 for this one. ' +
            'Without them all other states are equally likely.',
        ),
    })
    .describe('A state of the Markov chain that the rate follows.'),
)

const clientCv = lazy(() =>
  z.discriminatedUnion('distribution', [
    z.strictObject({
      distribution: kind('fixed', 'All clients are equally bursty.'),
      value: cv.describe('The coefficient of variation of every client.'),
    }),
    z.strictObject({
      distribution: kind('uniform', 'Every value from `min` to `max` is equally likely.'),
      min: cv
        .describe('The coefficient of variation of the most regular client possible.')
        .meta({ examples: [0.5] }),
      max: cv
        .describe('The coefficient of variation of the burstiest client possible.')
        .meta({ examples: [4] }),
    }),
    z.strictObject({
      distribution: kind(
        'lognormal',
        'The logarithm is normal, so a few clients are much burstier than the median. Draws are ' +
          'cut to 0.05 and 50.',
      ),
      median: cv.describe('The coefficient of variation that half of the clients exceed.'),
      p99: cv.describe(
        'The coefficient of variation that 1 % of the clients exceed; at least `median`.',
      ),
    }),
  ]),
)

export const ratedArrivals = once(
  () =>
    [
      z.strictObject({
        process: kind('deterministic', 'Requests arrive at equal gaps, as from one clock.'),
        ...rated(),
      }),
      z.strictObject({
        process: kind(
          'poisson',
          'Requests arrive independently of one another, as from many clients: a Poisson process.',
        ),
        ...rated(),
      }),
      z.strictObject({
        process: kind(
          'gamma',
          'Gaps between requests are independent and have a gamma distribution with variation `cv`.',
        ),
        ...bursty(),
      }),
      z.strictObject({
        process: kind(
          'weibull',
          'Gaps between requests are independent and have a Weibull distribution with variation `cv`.',
        ),
        ...bursty(),
      }),
      z.strictObject({
        process: kind(
          'mmpp',
          'A Poisson process whose rate follows a Markov chain with any number of states (MMPP).',
        ),
        states: z
          .array(modulatingState)
          .min(2)
          .max(50)
          .describe('The states of the chain; each must be reachable from every other one.'),
        ...rated(),
      }),
      z.strictObject({
        process: kind(
          'on-off',
          'A Poisson process that is on for a time, then off, again and again.',
        ),
        on_s: positive.describe(
          'The mean length of on times, which are exponential. The rate while on is the mean rate ' +
            'times (on_s + off_s) / on_s.',
        ),
        off_s: positive.describe(
          'The mean length of off times, which are exponential and have no requests.',
        ),
        ...rated(),
      }),
      z.strictObject({
        process: kind(
          'clients',
          'The requests of many clients, of which a few send the most and each is bursty by itself.',
        ),
        clients: count
          .max(10_000)
          .describe('The number of clients; each has its share of the rate and its burstiness.'),
        share_exponent: nonNegative
          .max(10)
          .default(1)
          .describe(
            'How unequal the shares are: that of the k-th heaviest client is proportional to ' +
              '1 / k^share_exponent (Zipf). At 0 all clients send at the same rate.',
          ),
        cv: clientCv.describe(
          "The coefficient of variation of the gaps between a client's requests, drawn once for " +
            'each client. It is the same in every replication; another `seed` draws other clients.',
        ),
        gaps: z
          .enum(['gamma', 'weibull'])
          .default('gamma')
          .describe("The distribution of the gaps between a client's requests."),
        ...rated(),
      }),
    ] as const,
)
