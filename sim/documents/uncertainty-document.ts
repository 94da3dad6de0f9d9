import * as z from 'zod'
import { estimate, number, numberOrNull } from './document-parts.ts'

/** What a result states of inputs that are not known. */

const interval = z.strictObject({
  value: number.describe('Value that is estimated.'),
  low: number.describe('Lower end of its 95 % interval.'),
  high: number.describe('Upper end of its 95 % interval.'),
})

const effect = z
  .strictObject({
    input: z.string().describe('Name of the input.'),
    elasticity: interval.describe(
      'Change of the figure for a change of the input by 1 %, in per cent, at the stated values.',
    ),
    share: interval.describe(
      'Part of the variance of the figure that the input has alone, 0 to 1: its first-order Sobol ' +
        'index. For times, rates and costs the variance is that of their logarithm.',
    ),
  })
  .describe('Effect of one input.')

const figure = z
  .strictObject({
    class: z
      .string()
      .nullable()
      .describe('Name of the class of the figure; null for one of the system.'),
    metric: z
      .enum([
        'latency',
        'ttft',
        'tpot',
        'goodput_share',
        'capacity_rps',
        'load',
        'usd_per_hour',
        'usd_per_million',
        'usd_per_million_tokens',
      ])
      .describe('Metric, by its key in a result.'),
    p: numberOrNull.describe(
      'Level of the percentile, 0 to 1; null for a mean, and for a metric without percentiles.',
    ),
    draws: estimate.describe(
      'Figure at the stated values of the inputs, with its interval of draws, as elsewhere in the ' +
        'result.',
    ),
    low: numberOrNull.describe(
      'Lower end of the 95 % interval with what is not known of the inputs; null where it is ' +
        'infinite.',
    ),
    high: numberOrNull.describe(
      'Upper end of the 95 % interval with what is not known of the inputs; null where it is ' +
        'infinite.',
    ),
    effects: z
      .array(effect)
      .describe(
        'Effects of the inputs; empty where draws move the figure by less than 0.03 %, or to infinity.',
      ),
    together: numberOrNull.describe(
      'Part of the variance that no input has alone, 0 to 1: of several together, and what the fit ' +
        'leaves open. Null without effects.',
    ),
  })
  .describe('One figure with both intervals.')

export const uncertainInput = z
  .strictObject({
    name: z.string().describe('Path of the number, or `speed of NAME`.'),
    value: number.describe('Value that the scenario states; 1 for a speed.'),
    low: number.describe('Lower end of the middle 95 % of what it may be.'),
    high: number.describe('Upper end of the middle 95 % of what it may be.'),
  })
  .describe('One input that is not known.')

export const uncertainty = z
  .strictObject({
    draws: number.describe('Number of draws of the inputs, a power of 2.'),
    replications: number.describe('Number of replications of each draw, with common seeds.'),
    settled: z
      .boolean()
      .describe(
        'Whether twice the draws moved no end of an interval of the answer by more than a tenth of ' +
          'its width: of the objectives, or of all figures where none is stated.',
      ),
    inputs: z.array(uncertainInput).describe('Inputs that are not known.'),
    figures: z.array(figure).describe('Figures with both of their intervals.'),
  })
  .describe('What is not known of the inputs, and what it does to figures.')

/** What decides an objective where inputs are not known. */
export const objectiveWithInputs = z
  .strictObject({
    low: numberOrNull.describe('Lower end of the interval with the inputs; null where infinite.'),
    high: numberOrNull.describe('Upper end of the interval with the inputs; null where infinite.'),
    p_holds: number.describe(
      'Probability that the objective holds, 0 to 1, over what the inputs may be and the draws.',
    ),
  })
  .describe('Figure of the objective with what is not known of the inputs.')

export type Uncertainty = z.infer<typeof uncertainty>
