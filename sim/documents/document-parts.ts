import * as z from 'zod'

/** Parts that several documents share. Where a figure is used is stated what it is of. */

export const number = z.number()
export const numberOrNull = number.nullable()
export const numbers = z.array(number)

export const verdict = z.enum(['PASS', 'FAIL', 'UNDECIDED'])

/** A figure with its 95 % interval and the number of requests behind it. */
export const estimate = z.strictObject({
  value: numberOrNull.describe('Value of the figure; null where the sample supports none.'),
  low: numberOrNull.describe('Lower end of its 95 % interval; null where it has no interval.'),
  high: numberOrNull.describe('Upper end of its 95 % interval; null where it has no interval.'),
  n: number.describe('Number of requests, calls, token gaps or runs behind the figure.'),
  reason: z
    .string()
    .optional()
    .describe('Why there is no value, or no verdict of an objective; absent where there is one.'),
})

export type Estimate = z.infer<typeof estimate>

export const estimateOrNull = estimate.nullable()

/** What the replicas of a scenario cost, by the prices of its pools. */
export const cost = z.strictObject({
  usd_per_hour: number.describe('Price of all replicas of all pools, USD per hour.'),
  usd_per_million: estimate.describe(
    'Price of a million served requests at the traffic of the runs, USD; mean over runs.',
  ),
  usd_per_million_tokens: estimateOrNull.describe(
    'Price of a million generated tokens of served requests at the traffic of the runs, USD; mean ' +
      'over runs. Null where nothing is generated.',
  ),
})

/** The scenario of a document. */
export const scenarioRef = z.strictObject({
  name: z.string().describe('Name of the scenario.'),
  hash: z.string().describe('Hash of the scenario, with all overrides and defaults.'),
  description: z.string().describe('Description of the scenario, as its file states it.'),
})

/** The profile of a document. */
export const profileRef = z.strictObject({
  name: z.string().describe('Name of the profile: the processor and its number of cores.'),
  hash: z.string().describe('Hash of the profile, without its host.'),
})

/** The keys at the start of every document. */
export const headOf = <K extends string>(document: K) => ({
  document: z.literal(document).describe('Kind of this document.'),
  format: z.literal(1).describe('Version of the format of this kind of document.'),
  version: z.string().describe('Version of Spillway that wrote this document.'),
  commit: z
    .string()
    .nullable()
    .describe(
      'Commit that the program was built from, with `-dirty` where files of it had changes; null ' +
        'where it was built in no checkout of git.',
    ),
})

/** The key at the end of documents that answer a question. */
export const command = z
  .string()
  .describe('Command that reproduces this document, or a note that a program called the library.')
