import * as z from 'zod'
import { duration } from './schema-duration.ts'
import { drawnLengths } from './schema-lengths.ts'
import { lazy, nonNegative, off, positive } from './schema-values.ts'

/** What clients do between their requests. */

const retryBudget = lazy(() =>
  z.strictObject({
    ratio: nonNegative
      .max(100)
      .describe(
        'The retries that each call adds when its first attempt is sent: 0.1 allows a retry for ' +
          'every tenth call in the long run.',
      ),
    burst: positive
      .default(10)
      .describe('The most retries that the budget can hold; it starts full.'),
  }),
)

export const retry = lazy(() =>
  z
    .strictObject({
      max_attempts: z
        .int()
        .min(2)
        .max(255)
        .describe('The most attempts of a call, including the first.'),
      backoff_ms: nonNegative
        .default(0)
        .describe('The time from a failure to the second attempt, before `jitter`.'),
      multiplier: z
        .number()
        .min(1)
        .max(100)
        .default(2)
        .describe('Each further backoff is this many times the one before.'),
      max_backoff_ms: positive
        .optional()
        .describe('Longer backoffs are cut to this; without it, they grow without a limit.')
        .meta({ examples: [1000] }),
      jitter: z
        .enum(['none', 'full', 'equal'])
        .default('none')
        .describe(
          'How a backoff is drawn: `none` takes it as it is, `full` is uniform from 0 up to it, ' +
            '`equal` is uniform in its upper half.',
        ),
      retry_on: z
        .array(z.enum(['failed', 'shed', 'timed_out', 'client_timeout']))
        .min(1)
        .optional()
        .describe(
          'The ends of an attempt that are retried: `failed` with its batch or replica, `shed` on ' +
            'arrival, `timed_out` in the queue, or the `client_timeout`. Any other end is fatal for ' +
            'the call, as status codes that are not retryable are in gRPC. Without it, all four.',
        )
        .meta({ examples: [['failed', 'shed']] }),
      budget: retryBudget
        .optional()
        .describe(
          'A retry budget that all clients of the class share. Each retry takes 1 from it; where ' +
            'less than 1 is left, the call is given up.',
        ),
    })
    .describe(
      'How clients repeat a call after a refusal, a failure or a client timeout; without it, they ' +
        'give the call up.',
    ),
)

export const session = lazy(() =>
  z
    .strictObject({
      turns: z
        .discriminatedUnion('distribution', drawnLengths())
        .describe('The number of requests in a session, drawn for each session.'),
      think_time_s: duration.describe(
        'The time from an answer to the next request of the session.',
      ),
      carry_context: off.describe(
        'Whether each request begins with all earlier requests and answers of its session, which ' +
          'then add to its length.',
      ),
    })
    .describe(
      'Each arrival is a session of several requests, each sent after the answer to the one ' +
        'before. A call that is given up ends its session.',
    ),
)
