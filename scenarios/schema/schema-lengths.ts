import * as z from 'zod'
import { count, kind, lazy, nonNegative, once, positive, share } from './schema-values.ts'

/** Lengths of requests in the scenario format, and other whole numbers that are drawn. */

export const drawnLengths = once(
  () =>
    [
      z.strictObject({
        distribution: kind('fixed', 'Every draw is the same number.'),
        value: count.describe('The number that every draw gives.'),
      }),
      z.strictObject({
        distribution: kind('uniform', 'Every whole number from `min` to `max` is equally likely.'),
        min: count.describe('The smallest number that can be drawn.'),
        max: count.describe('The largest number that can be drawn; at least `min`.'),
      }),
      z.strictObject({
        distribution: kind(
          'geometric',
          'Numbers are at least 1 and memoryless: after each one the chance that it was the last is ' +
            'the same.',
        ),
        mean: z.number().min(1).max(1e9).describe('The mean of the draws; it need not be whole.'),
      }),
      z.strictObject({
        distribution: kind(
          'lognormal',
          'The logarithm is normal, so a few numbers are many times the median. Draws are rounded, ' +
            'and cut to `min` and `max`.',
        ),
        median: positive
          .max(1e9)
          .describe('The number that half of the draws exceed; from `min` to `max`.'),
        p99: positive
          .max(1e9)
          .describe('The number that 1 % of the draws exceed before the cut to `max`.'),
        min: count.default(1).describe('Smaller draws are raised to this.'),
        max: count.describe('Larger draws are cut to this.'),
      }),
      z.strictObject({
        distribution: kind(
          'quantiles',
          'Draws follow a measured distribution, linear between the quantiles that are stated.',
        ),
        quantiles: z
          .array(z.tuple([share, positive.max(1e9)]))
          .min(2)
          .describe(
            'Pairs of a probability and the number there, both rising, from probability 0 to 1.',
          )
          .meta({
            examples: [
              [
                [0, 1],
                [0.5, 200],
                [1, 900],
              ],
            ],
          }),
      }),
    ] as const,
)

export const lengths = lazy(() =>
  z.discriminatedUnion('distribution', [
    ...drawnLengths(),
    z.strictObject({
      distribution: kind(
        'trace',
        'Each request has the length in its row of the trace; for `process: trace` only.',
      ),
    }),
  ]),
)

const level = (key: string) =>
  z
    .number()
    .min(0.001)
    .max(0.999)
    .optional()
    .describe(
      `The probability level of \`${key}\` that becomes their median: at 0.9 the median request ` +
        'is as long as the 90th percentile was. Without it, or at 0.5, lengths are as stated.',
    )

export const lengthStep = lazy(() =>
  z
    .strictObject({
      at_s: nonNegative.describe(
        'The time from which the levels apply, until the next step; times rise, and before the ' +
          'first one lengths are as stated.',
      ),
      input_level: level('input_tokens'),
      output_level: level('output_tokens'),
    })
    .describe('A step of the schedule, with `input_level`, `output_level` or both.'),
)
