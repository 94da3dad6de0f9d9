import { z } from 'zod'
import { duration } from './schema-traffic.ts'
import { batch, count, nonNegative, positive, share } from './schema-values.ts'

const setUp = {
  setup_ms: z
    .union([nonNegative, duration])
    .optional()
    .describe('Cold-start time, added to a batch that finds its executor idle; fixed or drawn'),
}

const spread = nonNegative
  .max(10)
  .default(0)
  .describe("Coefficient of variation of a batch's time around that mean; lognormal")

/** Declared service times. */
export const work = z
  .discriminatedUnion('law', [
    z.strictObject({
      law: z.literal('constant'),
      ms: positive.describe('Time of every batch'),
      ...setUp,
    }),
    z.strictObject({
      law: z.literal('two-point').describe('Some batches take longer'),
      ms: positive.describe('Time of most batches'),
      slow_ms: positive.describe('Time of slow batches'),
      slow_share: share.describe('Probability that a batch is slow'),
      ...setUp,
    }),
    z.strictObject({
      law: z.literal('exponential'),
      mean_ms: positive.describe('Mean of the exponential distribution'),
      ...setUp,
    }),
    z.strictObject({
      law: z.literal('linear'),
      base_ms: nonNegative.describe('Time of any batch'),
      per_item_ms: nonNegative.default(0).describe('Added for each request of the batch'),
      per_token_ms: nonNegative.default(0).describe('Added for each token, padding included'),
      ...setUp,
    }),
    z.strictObject({
      law: z.literal('table'),
      sizes: z.array(batch).min(1).max(1000).describe('Measured batch sizes, rising'),
      ms: z
        .array(positive)
        .min(1)
        .max(1000)
        .describe('Mean time of a batch of each size; interpolated and extrapolated linearly'),
      cv: spread,
    }),
    z.strictObject({
      law: z.literal('length-table').describe('As measured, by batch size and length'),
      sizes: z.array(batch).min(1).max(1000).describe('Measured batch sizes, rising'),
      lengths: z
        .array(count)
        .min(1)
        .max(1000)
        .describe('Measured lengths of each request, padding included, rising'),
      ms: z
        .array(z.array(positive).min(1).max(1000))
        .min(1)
        .max(1000)
        .describe('Mean times: a row for each size, with a time for each length'),
      cv: spread,
    }),
    z.strictObject({
      law: z
        .literal('throughput')
        .describe('Throughput by concurrency, as load generators report it: see the guide'),
      concurrency: z
        .array(batch)
        .min(1)
        .max(1000)
        .describe('Requests that clients kept in flight, rising'),
      throughput_rps: z.array(positive).min(1).max(1000).describe('Requests/s at each concurrency'),
      instances: count.max(1024).default(1).describe('Instances of the measured server'),
      batch_share: z
        .number()
        .min(0.001)
        .max(1)
        .optional()
        .describe(
          'Requests in flight that are one batch; default: 1 / (instances + 1), as one more batch waits',
        ),
      cv: spread,
    }),
    z.strictObject({
      law: z.literal('generation').describe('Time of a step, which gives each sequence one token'),
      base_ms: nonNegative.describe('Time of any step, as for reading the weights'),
      per_sequence_ms: nonNegative.default(0).describe('For each sequence in the step'),
      per_prefill_token_ms: nonNegative.default(0).describe('For each token of a prompt'),
      per_context_token_ms: nonNegative
        .default(0)
        .describe('For each token in the KV caches of decoding sequences'),
    }),
  ])
  .describe('Declared service time of a batch, for simulation only: a live replay cannot run it')
