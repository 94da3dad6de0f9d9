import { z } from 'zod'
import { nonNegative, positive, share } from './schema-values.ts'

const surge = z.strictObject({
  at_s: nonNegative.describe('Start of the rise'),
  factor: positive.describe('The rate is multiplied by this at the peak'),
  rise_s: nonNegative.default(0).describe('Of a linear rise to the peak'),
  hold_s: nonNegative.default(0).describe('Time at the peak'),
  decay_s: nonNegative.default(0).describe('Of a linear decay'),
  half_life_s: positive.optional().describe('Of an exponential decay; replaces decay_s'),
  every_s: positive.optional().describe('Time between repetitions, until the end'),
})

const wave = z.strictObject({
  period_s: positive.describe('Period; a day is 86400'),
  amplitude: share.describe('Factor 1 + amplitude at the peak, 1 - amplitude at the trough'),
  peak_at_s: nonNegative.default(0).describe('Time of one of the peaks'),
})

/** What changes a rate, or the rate of a trace, over time. */
export const changing = {
  surges: z.array(surge).default([]).describe('Surges at the same time add up'),
  waves: z.array(wave).default([]).describe('Several waves, such as a day and a week, multiply'),
}
