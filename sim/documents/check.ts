import * as z from 'zod'
import { number, verdict } from './document-parts.ts'

/** A check of a comparison: its verdict, and why. */
export const check = z.strictObject({
  verdict: verdict.describe('Verdict of the check.'),
  reason: z.string().describe('Reason for the verdict.'),
  worst: z
    .strictObject({
      p: number.describe('Level of the percentile, 0 to 1.'),
      replay: number.describe('Number of the replay, from 0; 0 for all rounds of a what-if.'),
      error_ms: number.describe('Simulated less measured latency, ms.'),
      relative: number.describe('The same error as a share of the measured figure.'),
    })
    .nullable()
    .describe('Largest relative error; null for a check without errors of percentiles.'),
})
