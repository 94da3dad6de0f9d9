import { z } from 'zod'

/** A figure with its 95 % interval and the number of requests behind it. */
export const estimate = z.strictObject({
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  n: z.number(),
  reason: z
    .string()
    .optional()
    .describe('why there is no value; of an objective also why there is no verdict on it'),
})
