import * as z from 'zod'
import { count, lazy, nonNegative, positive, priorityKey } from './schema-values.ts'

/** Admission control of the scenario format. */

const limit = count.describe(
  'Requests of this priority are shed while the pool holds this many requests or more.',
)

const priority = lazy(() =>
  z
    .strictObject({
      limits: z
        .record(priorityKey, limit)
        .describe(
          'A limit by priority, on all requests of the pool, waiting and running. A lower priority ' +
            'has no higher limit. This control admits every priority without a limit.',
        ),
    })
    .describe('Sheds low priorities first while the pool is crowded.'),
)

const deadline = lazy(() =>
  z
    .strictObject({
      margin_ms: nonNegative
        .default(0)
        .describe(
          'The time before its deadline by which a request must be predicted to end, or it is ' +
            'shed. It must be less than every deadline.',
        ),
    })
    .describe(
      'Sheds requests that are predicted to end after `deadline_ms`, or else a fixed `timeout_ms`. ' +
        'The prediction is that of a FIFO queue, from the batch times of the run so far.',
    ),
)

const concurrency = lazy(() =>
  z
    .strictObject({
      limit: count.describe(
        'The most requests in the pool, waiting and running; further ones are shed. `max_length` ' +
          'of the queue must be less.',
      ),
    })
    .describe('Sheds requests while the pool holds too many.'),
)

const tokenBucket = lazy(() =>
  z
    .strictObject({
      rate_rps: positive.describe('Tokens added per second, which is the highest lasting rate.'),
      burst: count.describe(
        'The most tokens that a bucket can hold, which is the largest burst that is admitted at ' +
          'once. It starts full.',
      ),
      per: z
        .enum(['pool', 'class', 'tenant'])
        .default('pool')
        .describe('What has a bucket of its own: the whole pool, each class or each tenant.'),
    })
    .describe('Sheds requests above a rate: each admitted request takes a token.'),
)

const adaptiveLifo = lazy(() =>
  z
    .strictObject({
      interval_ms: positive
        .default(100)
        .describe(
          'A queue that has not been empty for this time is overloaded. Requests that arrive ' +
            'without overload may wait for this time.',
        ),
      target_ms: positive
        .default(5)
        .describe(
          'The longest wait of requests that arrive in overload, at most `interval_ms`; choose it ' +
            'above the time of a batch.',
        ),
    })
    .describe(
      'Serves the newest request first in overload, and drops requests that waited too long ' +
        '(CoDel). It needs `discipline: fifo`.',
    ),
)

const retryPushback = z
  .int()
  .min(-1)
  .max(3_600_000)
  .describe(
    'What each refusal by the pool tells its client (`grpc-retry-pushback-ms` of gRPC A6): the ' +
      'next retry or copy is due after this time, in place of its own backoff or delay; -1: ' +
      'none follows. Refusals without a replica or by a circuit breaker have none.',
  )
  .meta({ examples: [500, -1] })

export const admission = lazy(() =>
  z.strictObject({
    priority: priority.optional(),
    deadline: deadline.optional(),
    concurrency: concurrency.optional(),
    token_bucket: tokenBucket.optional(),
    adaptive_lifo: adaptiveLifo.optional(),
    retry_pushback_ms: retryPushback.optional(),
  }),
)
