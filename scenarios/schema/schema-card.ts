import * as z from 'zod'
import { lazy, name } from './schema-values.ts'

/** An accelerator that replicas share by time slicing. */
export const card = lazy(() =>
  z
    .strictObject({
      name: name.describe('The name of the card, which `card` of pools refers to.'),
      switch_share: z
        .number()
        .min(0)
        .max(0.9)
        .default(0)
        .describe(
          'The share of the time of the card that is lost to switching while two or more replicas ' +
            'have work.',
        )
        .meta({ examples: [0.03] }),
    })
    .describe(
      'One accelerator whose replicas take turns in time slices: of n that have work, each has ' +
        '1/n of its speed. A step of an engine keeps the share that it began with.',
    ),
)
