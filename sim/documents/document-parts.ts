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

/** What the replicas of a scenario cost, by the prices of its pools, US dollars. */
export const cost = z.strictObject({
  usd_per_hour: number.describe('price of all replicas'),
  usd_per_million: estimate.describe('of a million served requests, at the traffic of the run'),
})

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
