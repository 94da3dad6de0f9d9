import * as z from 'zod'
import { INPUT_SOURCES } from '../../scenarios/schema/uncertain.ts'
import { estimate, number, numberOrNull, verdict } from './document-parts.ts'

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
    total: interval
      .optional()
      .describe(
        'Part of the variance that the input has alone and together with others, 0 to 1: its ' +
          'total Sobol index. Its upper end has all that the fit leaves open. Absent where inputs ' +
          'have 90 % of the variance alone.',
      ),
  })
  .describe('Effect of one input.')

const effects = z
  .array(effect)
  .describe(
    'Effects of the inputs; empty where draws move the figure by less than 0.03 %, or to infinity.',
  )

const together = numberOrNull.describe(
  'Part of the variance that no input has alone, 0 to 1: of several together, and what the fit ' +
    'leaves open. Null without effects.',
)

const METRICS = [
  'latency',
  'ttft',
  'tpot',
  'goodput_share',
  'utilisation',
  'capacity_rps',
  'load',
  'usd_per_hour',
  'usd_per_million',
  'usd_per_million_tokens',
] as const

const level = numberOrNull.describe(
  'Level of the percentile, 0 to 1; null for a mean, and for a metric without percentiles.',
)

const draws = estimate.describe(
  'Figure at the stated values of the inputs, with its interval of draws, as elsewhere in the ' +
    'result.',
)

const ends = {
  low: numberOrNull.describe(
    'Lower end of the 95 % interval with what is not known of the inputs; null where it is ' +
      'infinite.',
  ),
  high: numberOrNull.describe(
    'Upper end of the 95 % interval with what is not known of the inputs; null where it is ' +
      'infinite.',
  ),
}

const figure = z
  .strictObject({
    class: z
      .string()
      .nullable()
      .describe('Name of the class of the figure; null for one of the system.'),
    metric: z.enum(METRICS).describe('Metric, by its key in a result.'),
    p: level,
    draws,
    ...ends,
    effects,
    together,
  })
  .describe('One figure with both intervals.')

const narrowing = z
  .strictObject({
    input: z.string().describe('Name of the input.'),
    left: interval.describe(
      'Width of the interval with the inputs if this input were known exactly, as a share of ' +
        'the width that it has: a mean over what the input may turn out to be. For times, rates ' +
        'and costs the width is that of the logarithm.',
    ),
    enough: interval.describe(
      'Width of the input, as a share of the one that it has, below which to know it exactly ' +
        'narrows the interval by less than 5 %; 1 where that is so already.',
    ),
  })
  .describe('What the interval would be if one input were known better.')

const answer = z
  .strictObject({
    class: z
      .string()
      .nullable()
      .describe('Name of the class of the figure; null for one of the system.'),
    objective: z
      .string()
      .nullable()
      .describe('Objective that the figure is of; null where the scenario states none.'),
    metric: z
      .enum(METRICS)
      .nullable()
      .describe('Metric, by its key in a result; null for the figure of an objective.'),
    p: level,
    draws,
    ...ends,
    effects,
    together,
    open: numberOrNull.describe(
      'Part of the variance that the fit leaves open, 0 to 1: no input is known to have it. Null ' +
        'without effects.',
    ),
    narrowings: z
      .array(narrowing)
      .describe('What the interval would be if inputs were known better; empty without effects.'),
  })
  .describe('What one answer hangs on.')

/** An input that is not known. */
export const uncertainInput = z
  .strictObject({
    name: z
      .string()
      .describe(
        'Path of the number, `speed of NAME`, `traffic` and `lengths`: factors of all rates and all ' +
          'lengths, or with `of CLASS` of those of one class, `idle cost of NAME`: the wake-up cost ' +
          'of a profile, or `laws of NAME`: which of several laws the model follows.',
      ),
    source: z
      .enum(INPUT_SOURCES)
      .optional()
      .describe(
        'What states its width: the scenario, the fit of the model, what transfers of fits missed ' +
          'by, what usual efficiencies on cards of the catalogue missed by, 10 % that are assumed of ' +
          'a benchmark, or the occasions of a profile. Absent in documents of earlier versions.',
      ),
    value: number.describe(
      'Value that the scenario states; 1 for a factor and an idle cost, 0 for laws.',
    ),
    low: number.describe('Lower end of the middle 95 % of what it may be.'),
    high: number.describe('Upper end of the middle 95 % of what it may be.'),
    laws: number
      .optional()
      .describe(
        'Number of laws, each as likely. Their places are from -0.5 to 0.5, and elasticities to these ' +
          'are 0. Absent for a number.',
      ),
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
    answers: z
      .array(answer)
      .describe(
        'What answers hang on: that of the objective that is least sure to hold. Where none is ' +
          'stated, the p99 latency of the class where it is widest, and the cost of a million ' +
          'requests.',
      ),
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
    verdict_by_draws: verdict.describe('Verdict at the stated inputs, by the draws alone.'),
  })
  .describe('Figure of the objective with what is not known of the inputs.')

export type Uncertainty = z.infer<typeof uncertainty>
