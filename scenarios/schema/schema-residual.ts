import * as z from 'zod'
import { lazy, nonNegative, once } from './schema-values.ts'

/** How single batches and steps differ from the mean time of their law. */

const cv = nonNegative.max(10)

const CV =
  'The coefficient of variation of single batches or steps about their mean time, as a lognormal; ' +
  'at 0 they do not scatter so.'

const slow = lazy(() =>
  z
    .strictObject({
      share: z
        .number()
        .min(0)
        .max(0.5)
        .describe('The probability that a batch or step is slow, each on its own.')
        .meta({ examples: [0.01] }),
      factor: z
        .number()
        .min(1)
        .max(1000)
        .describe('How many times as long a slow batch or step takes as another one.')
        .meta({ examples: [3] }),
    })
    .describe(
      'Rare slow batches or steps. The mean time stays that of the law: the others are a little ' +
        'faster for it.',
    )
    .meta({ examples: [{ share: 0.01, factor: 3 }] }),
)

/** For laws whose files always had `cv`. */
export const residual = once(() => ({ cv: cv.default(0).describe(CV), slow: slow.optional() }))

/** For the others: what is absent leaves their scenarios as they are. */
export const optionalResidual = once(() => ({
  cv: cv
    .optional()
    .describe(`${CV} Without it there is none.`)
    .meta({ examples: [0.05] }),
  slow: slow.optional(),
}))
