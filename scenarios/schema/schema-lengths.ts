import { z } from 'zod'
import { count, nonNegative, positive, share } from './schema-values.ts'

/** Lengths of requests in the scenario format. */

export const drawnLengths = [
  z.strictObject({ distribution: z.literal('fixed'), value: count }),
  z.strictObject({ distribution: z.literal('uniform'), min: count, max: count }),
  z.strictObject({
    distribution: z.literal('geometric').describe('At least 1, memoryless'),
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
      .array(z.tuple([share, positive.max(1e9)]))
      .min(2)
      .describe('[probability, length] pairs, both rising, from probability 0 to 1'),
  }),
] as const

export const lengths = z.discriminatedUnion('distribution', [
  ...drawnLengths,
  z.strictObject({ distribution: z.literal('trace') }),
])

const level = z
  .number()
  .min(0.001)
  .max(0.999)
  .optional()
  .describe('Probability level that becomes the median; 0.5 leaves lengths unchanged')

export const lengthStep = z.strictObject({
  at_s: nonNegative.describe('From this time until the next step'),
  input_level: level,
  output_level: level,
})
