import { z } from 'zod'
import { count, nonNegative, positive, priorityKey } from './schema-values.ts'

/** Admission control of the scenario format. */

const priority = z.strictObject({
  limits: z
    .record(priorityKey, count)
    .describe('By priority: its requests are shed while the pool has this many requests or more'),
})

const deadline = z
  .strictObject({
    margin_ms: nonNegative
      .default(0)
      .describe('The request must be predicted to end this long before its deadline'),
  })
  .describe('Sheds requests that are predicted to miss deadline_ms, or else timeout_ms')

const concurrency = z.strictObject({
  limit: count.describe('Most requests in the pool, waiting and running; others are shed'),
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
      .describe('Time without an empty queue that begins an overload; longest wait before it'),
    target_ms: positive.default(5).describe('Longest wait of requests that arrive in overload'),
  })
  .describe('In overload the newest request is served first, and queue time-outs are short (CoDel)')

export const admission = z.strictObject({
  priority: priority.optional(),
  deadline: deadline.optional(),
  concurrency: concurrency.optional(),
  token_bucket: tokenBucket.optional(),
  adaptive_lifo: adaptiveLifo.optional(),
})
