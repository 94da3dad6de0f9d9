import * as z from 'zod'
import { kind, lazy, nonNegative, positive, share } from './schema-values.ts'
import { INCLUDED, readWidth } from './uncertain.ts'

/** How wide what is not known of a number is. */

const UNIT = 'in the unit of the number'

const text = z
  .string()
  .refine((written) => written === INCLUDED || readWidth(written) !== null, {
    message: 'a width',
  })
  .describe(
    'A width around the number, which holds 95 % of what it may be: `± 10 %` of it, or `± 2` in its ' +
      'unit. Of the key `sources` it is `included`.',
  )

const range = z
  .array(z.number().min(-1e12).max(1e12))
  .length(2)
  .refine(([low, high]) => !(low! >= high!), { message: 'a range from a low to a higher number' })
  .describe('A range `[low, high]`: every number in it is equally likely.')

const law = lazy(() =>
  z.discriminatedUnion('distribution', [
    z.strictObject({
      distribution: kind('uniform', 'Every number from `min` to `max` is equally likely.'),
      min: nonNegative.describe(`The lowest that it may be, ${UNIT}.`).meta({ examples: [10] }),
      max: positive
        .describe(`The highest that it may be, above \`min\`, ${UNIT}.`)
        .meta({ examples: [14] }),
    }),
    z.strictObject({
      distribution: kind(
        'log-uniform',
        'Every factor is equally likely: half of the draws are below the geometric mean of the ends.',
      ),
      min: positive.describe(`The lowest that it may be, ${UNIT}.`).meta({ examples: [2] }),
      max: positive
        .describe(`The highest that it may be, above \`min\`, ${UNIT}.`)
        .meta({ examples: [8] }),
    }),
    z.strictObject({
      distribution: kind(
        'lognormal',
        'The logarithm is normal, so it may be some times the median, and is never below 0.',
      ),
      median: positive
        .describe(`What it is as likely above as below, ${UNIT}.`)
        .meta({ examples: [12] }),
      p99: positive
        .describe(`What it is above with a probability of 1 %, above \`median\`, ${UNIT}.`)
        .meta({ examples: [16] }),
    }),
    z.strictObject({
      distribution: kind(
        'quantiles',
        'It follows a stated distribution, linear between its quantiles.',
      ),
      quantiles: z
        .array(z.tuple([share, nonNegative]))
        .min(2)
        .max(1000)
        .describe(
          'Pairs of a probability and the number there, both rising, from probability 0 to 1.',
        )
        .meta({
          examples: [
            [
              [0, 10],
              [0.5, 12],
              [1, 20],
            ],
          ],
        }),
    }),
  ]),
)

export const uncertain = z
  .record(
    z.string().min(1).max(1000),
    z
      .union([text, range, law])
      .describe('What the number may be: a width, a range, or a distribution.')
      .meta({ examples: ['± 10 %'] }),
  )
  .optional()
  .describe(
    'What is not known of numbers, by their paths as in `--set`, of the speed of a model by ' +
      '`speed of NAME`, and of all rates or all lengths by `traffic` and `lengths`, or those of one ' +
      'class by `traffic of CLASS` and `lengths of CLASS`: these are factors around 1. ' +
      '`12 ± 10 %` or `[10, 14]` in place of a number is the same. `simulate` draws ' +
      'them, and results have a wider interval. `sources: included` adds how far off fits, their ' +
      'transfers, the catalogue, tables of measurements and calibrated profiles may be, for models ' +
      'whose times have no width here.',
  )
