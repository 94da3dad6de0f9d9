import * as z from 'zod'
import { check } from './check.ts'
import { estimate, number, numberOrNull, scenarioRef, verdict } from './document-parts.ts'
import { noiseFloor } from './percentile-comparison.ts'

/** The part of a comparison that is about a change, from configuration A to B. */

/** Why a replay is no evidence. */
export const spoiled = {
  reason: z.string().describe('Reason why it does not count.'),
  figure: z.string().describe('Figure that shows it, such as "12 % of the time".'),
}

const roundLatencies = z
  .strictObject({
    round: number.describe('Number of the round among those that count, from 0.'),
    a: number.describe('Latency of A in the round, ms.'),
    b: number.describe('Latency of B in the round, ms.'),
    ratio: number.describe('Latency of B over that of A.'),
  })
  .describe('Latencies of one round.')

/** Effect of a change on a percentile: the ratio B/A, predicted and measured. */
export const whatIfPercentile = z
  .strictObject({
    p: number.describe('Level of the percentile, 0 to 1.'),
    n: number.describe('Number of served requests in the round and on the side with the fewest.'),
    a: number.describe('Latency of A over all blocks together, ms.'),
    b: number.describe('Latency of B over all blocks together, ms.'),
    predicted: estimate.describe(
      'Predicted ratio of B to A: the median over replications, with the middle 95 % of single ' +
        'replications as interval.',
    ),
    measured: estimate.describe(
      'Measured ratio of B to A over all blocks, with an interval from a bootstrap over blocks.',
    ),
    each: z.array(roundLatencies).describe('Latencies of both sides in each round that counts.'),
    noise_floor: noiseFloor.describe(
      'Differences of any two replays of A: the error of the ratio if nothing is changed.',
    ),
    error_relative: number.describe('Predicted over measured ratio, less 1.'),
    error_ms: number.describe('The same error as a latency of B, ms.'),
    with_speed: z
      .strictObject({
        low: numberOrNull.describe('Lower end; null where nothing limits it.'),
        high: numberOrNull.describe('Upper end; null where nothing limits it.'),
      })
      .optional()
      .describe(
        'Predicted interval with what is not known of the speed of B, by which the verdict is; ' +
          'absent where that decides nothing.',
      ),
    speed_elasticity: number
      .optional()
      .describe(
        'Change of the predicted ratio, in percent, for 1 % of speed of the machine; absent where ' +
          'the predicted interval is narrow or decides nothing, or the change is below 3.',
      ),
    verdict: verdict
      .nullable()
      .describe('Verdict on the ratio; null where it is not judged or the sample supports none.'),
    open: z
      .enum(['measured', 'predicted', 'machine'])
      .optional()
      .describe(
        'Reason why the ratio is UNDECIDED: the measured interval alone leaves it open, the ' +
          'predicted interval does, or the machine was another before B than before A. Absent ' +
          'with another verdict.',
      ),
  })
  .describe('Effect of the change on one percentile of the latency.')

const percentiles = z.array(whatIfPercentile)

/** The check of a ratio, as those of a comparison are. */
const tokenRatios = z.strictObject({
  percentiles: percentiles.describe('Effect on each percentile that the requests support.'),
  check: check.describe('Check of the effect, which is part of the verdict of the comparison.'),
})

const tokenRatiosOfBoth = z.strictObject({
  ttft: tokenRatios.describe('Time to first token.'),
  tpot: tokenRatios
    .optional()
    .describe('Time per output token; absent where no request of a side has several tokens.'),
})

/** A change of configuration, predicted from a profile that was recorded without it. */
export const whatIf = z.strictObject({
  scenario: scenarioRef.describe('Scenario of B.'),
  changes: z
    .array(z.string())
    .describe(
      'Values that differ, each as "path: before → after"; empty for A/A, a scenario with itself.',
    ),
  requests: z.string().describe('Hash of the requests of B.'),
  rounds: number.describe('Number of rounds, each with one replay of each side.'),
  not_counted: z
    .array(
      z
        .strictObject({ round: number.describe('Number of the round, from 0.'), ...spoiled })
        .describe('One round that does not count.'),
    )
    .describe(
      'Rounds with a replay that is no evidence; they are in no figure unless none counts.',
    ),
  blocks: number.describe(
    'Number of blocks, in which both sides met the same machine: two slices of each side, ' +
      'or a whole replay of each.',
  ),
  slice_ms: numberOrNull.describe('Length of a slice, ms; null where whole replays alternated.'),
  control: numberOrNull.describe(
    'Time of the control kernel before B over that before A, the median over blocks; ' +
      'null where it was not timed.',
  ),
  idle: z
    .array(
      z
        .strictObject({
          pool: z.string().describe('Name of the pool.'),
          busy_a: number.describe('Share of the time of its executors in batches, predicted of A.'),
          busy_b: number.describe('The same of B.'),
          factor: number.describe(
            'Speed of its executors on B over that on A, as they are idle less or more often; 1 ' +
              'where its interval holds 1.',
          ),
          low: number.describe('Lower end of its interval.'),
          high: number.describe('Upper end of its interval.'),
          passes: number.describe(
            'Passes of the probe on each side: each has batches after every idle time.',
          ),
        })
        .describe('Cost of idle time in one pool.'),
    )
    .optional()
    .describe(
      'What probes between slices show of the cost of idle time, by which the speed of B is ' +
        'predicted; absent where nothing was probed.',
    ),
  speed: z
    .array(
      z
        .strictObject({
          pool: z.string().describe('Name of the pool on B.'),
          low: number.describe('Lowest speed, as a multiple of the predicted one.'),
          high: number.describe('Highest speed, as a multiple of the predicted one.'),
          reasons: z.array(z.string()).describe('What is not known of it.'),
          remedies: z
            .array(z.string())
            .optional()
            .describe('What would narrow it; absent in documents of earlier versions.'),
        })
        .describe('What is not known of the speed of one pool.'),
    )
    .optional()
    .describe(
      'What is not known of the speed of B, which is predicted from that of A; absent where it ' +
        'decides nothing.',
    ),
  percentiles: percentiles.describe(
    'Effect of the change on each percentile that the replays support.',
  ),
  token_times: tokenRatiosOfBoth
    .optional()
    .describe('The same effect on times of tokens; absent where a side generates none.'),
})

export type WhatIfPercentile = z.infer<typeof whatIfPercentile>
export type WhatIf = z.infer<typeof whatIf>
