import * as z from 'zod'
import { count, kind, lazy, nonNegative, positive } from './schema-values.ts'

/** What the proxy in front of a pool does: retries, and thresholds beyond which it refuses. */

export const retryPolicy = lazy(() =>
  z
    .strictObject({
      retry_on: z
        .array(z.enum(['failed', 'shed', 'timed_out']))
        .min(1)
        .default(['failed'])
        .describe(
          'The outcomes after which an attempt is sent again: `failed` with its batch or replica, ' +
            '`shed` on arrival, or `timed_out` in the queue. Refusals because no replica is up, ' +
            'because the request fits into none, or by `circuit_breakers` are never retried.',
        )
        .meta({ examples: [['failed', 'timed_out']] }),
      num_retries: count
        .max(20)
        .default(1)
        .describe('The most retries of a request, which the first attempt is not one of.')
        .meta({ examples: [2] }),
      base_interval_ms: nonNegative
        .default(25)
        .describe(
          'The base of the back-off: before retry n it is uniform from 0 to (2^n - 1) times this. 0 ' +
            'sends a retry at once.',
        )
        .meta({ examples: [25] }),
      max_interval_ms: nonNegative
        .optional()
        .describe('The longest back-off; without it, ten times `base_interval_ms`.')
        .meta({ examples: [250] }),
      avoid_previous_hosts: z
        .boolean()
        .default(true)
        .describe(
          'Whether a retry goes to a replica that has not had the request, while one is open; it ' +
            'needs a queue for each replica.',
        )
        .meta({ examples: [true] }),
    })
    .describe(
      'Retries of failed requests by the proxy in front of the pool, to another of its replicas, ' +
        'within the client timeout: the rules and defaults of Envoy.',
    ),
)

const retryBudget = lazy(() =>
  z
    .discriminatedUnion('policy', [
      z.strictObject({
        policy: kind(
          'envoy',
          'Retries at once are limited to a share of the requests in the pool.',
        ),
        budget_percent: z
          .number()
          .min(0)
          .max(100)
          .default(20)
          .describe('The most retries at once, in percent of the requests in the pool.')
          .meta({ examples: [20] }),
        min_retry_concurrency: z
          .int()
          .min(0)
          .max(1e6)
          .default(3)
          .describe('The retries that are allowed at once in any case.')
          .meta({ examples: [3] }),
      }),
      z.strictObject({
        policy: kind('finagle', 'Retries are limited to a share of the requests of the last time.'),
        percent_can_retry: z
          .number()
          .min(0)
          .max(1000)
          .default(20)
          .describe('The retries for each hundred requests of the last `ttl_s`.')
          .meta({ examples: [20] }),
        min_retries_per_s: z
          .int()
          .min(0)
          .max(1e6)
          .default(10)
          .describe('The retries per second that are allowed in addition.')
          .meta({ examples: [10] }),
        ttl_s: positive
          .min(1)
          .max(60)
          .default(10)
          .describe('The time for which a request, or a retry, counts.')
          .meta({ examples: [10] }),
      }),
    ])
    .describe('A retry budget in place of `max_retries`, by the rules of Envoy or of Finagle.'),
)

export const circuitBreakers = lazy(() =>
  z
    .strictObject({
      max_pending_requests: count
        .default(1024)
        .describe(
          'While this many requests wait for a replica in the queue that all replicas share, ' +
            'further ones are shed.',
        )
        .meta({ examples: [1024] }),
      max_requests: count
        .default(1024)
        .describe(
          'While this many requests are at the replicas, running or in the queue of a replica, ' +
            'further ones are shed.',
        )
        .meta({ examples: [1024] }),
      max_retries: z
        .int()
        .min(0)
        .max(1e9)
        .default(3)
        .describe(
          'The most retries of `retry_policy` at once, from the failure before to their end.',
        )
        .meta({ examples: [3] }),
      retry_budget: retryBudget.optional(),
    })
    .describe(
      'Thresholds of the proxy in front of the pool, for all its replicas together: the rules and ' +
        'defaults of Envoy. What they refuse is counted as `overflow`.',
    ),
)
