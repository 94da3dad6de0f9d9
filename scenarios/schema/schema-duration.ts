import * as z from 'zod'
import { kind, lazy, nonNegative, positive } from './schema-values.ts'

const UNIT = 'in the unit of the key that is drawn: s for `think_time_s`, ms for `timeout_ms`'

/** Times that are fixed or drawn, in the unit at the end of their key. */
export const duration = lazy(() =>
  z.discriminatedUnion('distribution', [
    z.strictObject({
      distribution: kind('fixed', 'Every draw is the same time.'),
      value: nonNegative.describe(`The time, ${UNIT}.`).meta({ examples: [2] }),
    }),
    z.strictObject({
      distribution: kind(
        'exponential',
        'Times are exponential and memoryless: most are short, and a few are several times the mean.',
      ),
      mean: positive.describe(`The mean time, ${UNIT}.`).meta({ examples: [2] }),
    }),
    z.strictObject({
      distribution: kind('uniform', 'Every time from `min` to `max` is equally likely.'),
      min: nonNegative.describe(`The shortest time, ${UNIT}.`).meta({ examples: [1] }),
      max: nonNegative
        .describe(`The longest time, at least \`min\`, ${UNIT}.`)
        .meta({ examples: [5] }),
    }),
    z.strictObject({
      distribution: kind(
        'lognormal',
        'The logarithm of a time is normal, so a few times are much longer than the median.',
      ),
      median: positive
        .describe(`The time that half of the draws exceed, ${UNIT}.`)
        .meta({ examples: [2] }),
      p99: positive
        .describe(`The time that 1 % of the draws exceed, at least \`median\`, ${UNIT}.`)
        .meta({ examples: [20] }),
    }),
  ]),
)
