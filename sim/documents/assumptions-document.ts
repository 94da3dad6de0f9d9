import { z } from 'zod'
import { numberOrNull, numbers } from './document-parts.ts'

/** What a result rests on: the scenario with every default, and the time of batches. */
export const assumptions = z.strictObject({
  values: z
    .array(
      z.strictObject({
        path: z.string().describe('as in --set: "pools.central.batching.max_batch"'),
        value: z.string().describe('text as it is, anything else as JSON'),
        by_default: z.boolean().describe('whether the schema filled it in'),
      }),
    )
    .describe('every value of the scenario'),
  batch_times: z
    .array(
      z.strictObject({
        pool: z.string(),
        steps: z.boolean().describe('whether these are decode steps of sequences, not batches'),
        sizes: numbers.describe('requests in a batch, or sequences in a step'),
        curves: z.array(
          z.strictObject({
            length: numberOrNull.describe(
              'tokens of each, padding included; null where the time does not depend on it',
            ),
            ms: numbers.describe('mean time at speed 1, by size'),
          }),
        ),
      }),
    )
    .describe('of each pool: declared, or from the profile'),
})

export type Assumptions = z.infer<typeof assumptions>
