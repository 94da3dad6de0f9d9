import * as z from 'zod'
import { lazy, nonNegative, once, positive, share } from './schema-values.ts'

const surge = lazy(() =>
  z
    .strictObject({
      at_s: nonNegative.describe('The time at which the rise begins, before `duration_s`.'),
      factor: positive.describe(
        'The rate is multiplied by this at the peak; a factor below 1 is a dip.',
      ),
      rise_s: nonNegative
        .default(0)
        .describe('The length of the linear rise to the peak; 0 is a jump to it.'),
      hold_s: nonNegative.default(0).describe('The time for which the rate stays at the peak.'),
      decay_s: nonNegative
        .default(0)
        .describe(
          'The length of the linear decay to the usual rate; 0 is a drop to it. `half_life_s` ' +
            'replaces this key.',
        ),
      half_life_s: positive
        .optional()
        .describe(
          'The half-life of an exponential decay in place of `decay_s`. After ten half-lives the ' +
            'surge has ended.',
        ),
      every_s: positive
        .optional()
        .describe(
          'The time from the start of a surge to the start of the next one, until the end of the ' +
            'run. Without it there is one surge; a run has at most 1,000.',
        ),
    })
    .describe('A temporary change of the rate: a rise, a plateau and a decay.'),
)

const wave = lazy(() =>
  z
    .strictObject({
      period_s: positive.describe(
        'The length of a period, such as 86400 for a day; a run has at most 1,000 periods.',
      ),
      amplitude: share.describe(
        'The rate is multiplied by 1 + amplitude at the peaks and 1 - amplitude at the troughs.',
      ),
      peak_at_s: nonNegative
        .default(0)
        .describe(
          'The time of one of the peaks; the others lie whole periods before and after it.',
        ),
    })
    .describe('A periodic change of the rate, along a cosine.'),
)

/** What changes a rate, or the rate of a trace, over time. */
export const changing = once(() => ({
  surges: z
    .array(surge)
    .default([])
    .describe(
      'Temporary changes of the rate. Simultaneous surges add up: two of factor 3 make a factor ' +
        'of 5.',
    ),
  waves: z
    .array(wave)
    .default([])
    .describe(
      'Periodic changes of the rate. Simultaneous waves, such as a day and a week, multiply.',
    ),
}))
