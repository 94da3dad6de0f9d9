import { z } from 'zod'

/** Parts that several documents share. */

export const number = z.number()
export const numberOrNull = number.nullable()
export const numbers = z.array(number)

/** A figure with its 95 % interval and the number of requests behind it. */
export const estimate = z.strictObject({
  value: numberOrNull,
  low: numberOrNull,
  high: numberOrNull,
  n: number,
  reason: z
    .string()
    .optional()
    .describe('why there is no value; of an objective also why there is no verdict'),
})

export const estimateOrNull = estimate.nullable()

/** The scenario of a document. */
export const scenarioRef = z.strictObject({
  name: z.string(),
  hash: z.string(),
  description: z.string(),
})

/** The keys at the start of every document. */
export const headOf = <K extends string>(document: K) => ({
  document: z.literal(document),
  format: z.literal(1),
  version: z.string(),
  commit: z.string().nullable(),
})
