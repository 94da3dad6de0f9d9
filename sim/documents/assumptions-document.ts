import * as z from 'zod'
import { number, numberOrNull, numbers } from './document-parts.ts'

const assumedValue = z
  .strictObject({
    path: z.string().describe('Path as in --set: "pools.central.batching.max_batch".'),
    value: z.string().describe('Value of the scenario: text as it is, anything else as JSON.'),
    by_default: z.boolean().describe('Whether the value is the default of the schema.'),
  })
  .describe('One value of the scenario.')

const batchTimes = z
  .strictObject({
    pool: z.string().describe('Name of the pool.'),
    steps: z
      .boolean()
      .describe('Whether the times are those of decode steps of sequences, not of batches.'),
    sizes: numbers.describe('Numbers of requests in a batch, or of sequences in a step.'),
    basis: z
      .enum(['profile', 'table', 'fit', 'transferred', 'usual', 'declared'])
      .optional()
      .describe(
        'What the times rest on: a calibration of this machine, a table of measurements, a fit, a ' +
          'fit of another card, precision or engine, usual efficiencies on the figures of the card, ' +
          'or nothing but what the scenario declares. Absent in documents of earlier versions.',
      ),
    transferred: z
      .strictObject({
        fitted_on: z.string().describe('Card, precision and engine of the fit: "t4 at fp16".'),
        used_on: z.string().describe('Those of the pool.'),
        low: numberOrNull.describe(
          'Smallest signed error of such transfers, predicted over measured - 1; null where none ' +
            'was measured.',
        ),
        high: numberOrNull.describe('Largest signed error of such transfers; null likewise.'),
      })
      .optional()
      .describe('Where the times were fitted; absent where that is here, or where none were.'),
    curves: z
      .array(
        z
          .strictObject({
            length: numberOrNull.describe(
              'Tokens of each request, padding included, or of each context; ' +
                'null where the time does not depend on them.',
            ),
            ms: numbers.describe('Mean time of a batch or step of each size at speed 1, ms.'),
          })
          .describe('Times at one length.'),
      )
      .describe('Times at the shortest length of the traffic, at a middle one and at the longest.'),
    error: z
      .strictObject({
        of: z
          .enum(['fit', 'transfer', 'interpolation'])
          .describe(
            'How it was found: as stated with the fit of the model; of a fit that is used elsewhere, ' +
              'what such transfers missed by; or by interpolation of each inner size and length of ' +
              'its table from the others.',
          ),
        median: number.describe('Median of the absolute errors: 0.05 is 5 %.'),
        worst: numberOrNull.describe('Largest absolute error; null where none is stated.'),
      })
      .nullable()
      .optional()
      .describe(
        'Relative error of these times where they were not measured; null where none is known, ' +
          'absent in documents of earlier versions.',
      ),
    speed: z
      .strictObject({
        width: number.describe(
          'Share that 95 % of next occasions are within: with 0.06 it is from 1 / 1.06 to 1.06 times ' +
            'as fast.',
        ),
        occasions: number.describe('Number of occasions that this is from.'),
      })
      .optional()
      .describe(
        'How far the speed of a calibrated model may be from that of its profile on another ' +
          'occasion; absent where that is not known, and for declared times.',
      ),
    residual: z
      .strictObject({
        cv: number.describe('Coefficient of variation of the lognormal.'),
        slow: z
          .strictObject({
            share: number.describe('Share of slow batches or steps.'),
            factor: number.describe('How many times as long they take.'),
          })
          .nullable()
          .describe('Rare slow batches or steps; null for none.'),
        of_all: number.describe('Coefficient of variation of all batches or steps of one shape.'),
      })
      .optional()
      .describe(
        'Scatter of single batches or steps about these means, as the law states it; absent where ' +
          'it states none.',
      ),
  })
  .describe('Times of batches, or of steps, of one pool.')

/** What a result rests on: the scenario with every default, and the time of batches. */
export const assumptions = z.strictObject({
  values: z.array(assumedValue).describe('Every value of the scenario, with its defaults.'),
  batch_times: z
    .array(batchTimes)
    .describe('Times of batches of each pool, as they are declared or from the profile.'),
})

export type Assumptions = z.infer<typeof assumptions>
