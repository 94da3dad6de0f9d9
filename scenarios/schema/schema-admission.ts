import { z } from 'zod'
import { count, nonNegative, positive } from './schema-values.ts'

/** The part of the scenario format that says who is let into a pool. */

const priority = z.strictObject({
  limits: z
    .record(z.string().regex(/^([1-9]\d?|100)$/, 'a priority from 1 to 100'), count)
    .describe('By priority: from so many requests in the pool on, one of the level is shed'),
})

const deadline = z
  .strictObject({
    margin_ms: nonNegative.default(0).describe('It has to be predicted to end so long before'),
  })
  .describe('Who is predicted to miss its deadline_ms, else its timeout_ms, is shed')

const concurrency = z.strictObject({
  limit: count.describe('Requests in the pool, waiting and running; beyond it they are shed'),
})

const tokenBucket = z.strictObject({
  rate_rps: positive.describe('Tokens that come in a second; who finds none is shed'),
  burst: count.describe('Tokens that the bucket holds; it begins full'),
  per: z.enum(['pool', 'class', 'tenant']).default('pool').describe('Who shares a bucket'),
})

const adaptiveLifo = z
  .strictObject({
    interval_ms: positive
      .default(100)
      .describe('Overload is a queue that has not been empty for so long; else the longest wait'),
    target_ms: positive.default(5).describe('The longest wait of who comes in overload'),
  })
  .describe('In overload the newest goes first and time-outs are short (CoDel)')

export const admission = z.strictObject({
  priority: priority.optional(),
  deadline: deadline.optional(),
  concurrency: concurrency.optional(),
  token_bucket: tokenBucket.optional(),
  adaptive_lifo: adaptiveLifo.optional(),
})
