import { z } from 'zod'
import { count, nonNegative, positive } from './schema-values.ts'

/** Admission control of the scenario format. */

const priority = z.strictObject({
  limits: z
    .record(z.string().regex(/^([1-9]\d?|100)$/, 'a priority from 1 to 100'), count)
    .describe(
      'By priority: requests of that priority are shed while the pool has at least this many requests',
    ),
})

const deadline = z
  .strictObject({
    margin_ms: nonNegative
      .default(0)
      .describe('The request must be predicted to end this long before its deadline'),
  })
  .describe(
    'Sheds requests that are predicted to miss their deadline_ms (without one, their timeout_ms)',
  )

const concurrency = z.strictObject({
  limit: count.describe(
    'Limit of requests in the pool, waiting and running; requests above it are shed',
  ),
})

const tokenBucket = z.strictObject({
  rate_rps: positive.describe('Tokens added per second; a request that finds no token is shed'),
  burst: count.describe('Capacity of the bucket in tokens; it starts full'),
  per: z.enum(['pool', 'class', 'tenant']).default('pool').describe('Scope of a bucket'),
})

const adaptiveLifo = z
  .strictObject({
    interval_ms: positive
      .default(100)
      .describe(
        'Overload begins when the queue was not empty for this long. Also the longest wait without overload',
      ),
    target_ms: positive.default(5).describe('Longest wait of requests that arrive in overload'),
  })
  .describe('In overload the newest request goes first, and queue time-outs are short (CoDel)')

export const admission = z.strictObject({
  priority: priority.optional(),
  deadline: deadline.optional(),
  concurrency: concurrency.optional(),
  token_bucket: tokenBucket.optional(),
  adaptive_lifo: adaptiveLifo.optional(),
})
