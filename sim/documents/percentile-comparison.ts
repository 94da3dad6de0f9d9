import * as z from 'zod'
import { estimate, number, numberOrNull, verdict } from './document-parts.ts'

/** Simulated and measured percentiles of the same requests. */

/** Error of a simulated figure against one replay's; ms and relative, signed (sim - measured). */
export const replayError = z
  .strictObject({
    replay: number.describe('Number of the replay, from 0.'),
    measured: number.describe('Latency in the replay, ms.'),
    simulated: number.describe('Geometric mean of the latency over simulations, ms.'),
    low: number.describe(
      'Lower end of the range of single simulations, ms: 99 % for a structure error, ' +
        'the middle 95 % for a prediction error.',
    ),
    high: number.describe('Upper end of the range of single simulations, ms.'),
    error_ms: number.describe('Simulated less measured latency, ms.'),
    error_relative: number.describe(
      'Simulated less measured latency, as a share of the measured one.',
    ),
    verdict: verdict.describe('Verdict on this replay alone.'),
  })
  .describe('Error against one replay.')

export const noiseFloor = z.strictObject({
  median: numberOrNull.describe(
    'Median over pairs of their difference as a share of their mean; null without a pair.',
  ),
  largest: numberOrNull.describe(
    'Largest difference of a pair as a share of its mean; null without a pair.',
  ),
  pairs: number.describe('Number of pairs of replays.'),
})

/** Parts of a prediction error, each signed; they add up to it. */
const errorSplit = z.strictObject({
  structure: number.describe(
    'Part due to queueing, batching and overheads, as a share of the measured latency: ' +
      'the mean structure error.',
  ),
  service_model: number.describe(
    'Part due to the speed of batches by the profile, as a share of the measured latency; ' +
      'it includes the drift where that is null.',
  ),
  drift: numberOrNull.describe(
    'Part due to the change of the machine since its profile, as a share of the measured ' +
      'latency; null where the control kernel does not show it.',
  ),
  noise: number.describe(
    'Part due to stalls and chance of these replays, as a share of the measured latency: ' +
      'the rest.',
  ),
})

const replayedLatency = z
  .strictObject({
    replay: number.describe('Number of the replay, from 0.'),
    value: number.describe('Latency by the nearest rank, ms.'),
    low: number.describe('Lower end of its 95 % block-bootstrap interval over time, ms.'),
    high: number.describe('Upper end of its 95 % block-bootstrap interval over time, ms.'),
  })
  .describe('Latency of one replay.')

const percentileVerdicts = z.strictObject({
  structure: verdict
    .nullable()
    .describe('Verdict on the structure error; null where the sample or a server supports none.'),
  prediction: verdict
    .nullable()
    .describe('Verdict on the prediction; null where the sample or the profile supports none.'),
})

export const percentileComparison = z
  .strictObject({
    p: number.describe('Level of the percentile, 0 to 1.'),
    n: number.describe(
      'Number of served requests in the replay with the fewest; of stall-free requests, ' +
        'in the replay or the simulation with the fewest.',
    ),
    simulated: estimate.describe(
      'Predicted latency, ms: the geometric mean over replications, and where a next run on this ' +
        'machine is in 95 % of cases, by chance and by how the recordings of the profile differ. Of a single ' +
        'recording nothing shows that, and the interval is that of chance.',
    ),
    measured: estimate.describe(
      'Measured latency, ms: the geometric mean over the replays that count, with a t interval ' +
        'on the log scale.',
    ),
    each: z.array(replayedLatency).describe('Latency of each replay.'),
    structure: z
      .array(replayError)
      .describe(
        'Structure error of each replay that counts; of all where none does. None where a server ' +
          'hides it.',
      ),
    prediction: z.array(replayError).describe('Prediction error of each of the same replays.'),
    verdicts: percentileVerdicts.describe('Verdicts on these replays together.'),
    split: errorSplit
      .nullable()
      .describe(
        'Parts of the prediction error, which add up to simulated over measured latency, less 1; ' +
          'null where a latency is 0, of stall-free requests, and where a server hides them.',
      ),
    noise_floor: noiseFloor.describe('Differences of any two of these replays (A/A).'),
    with_inputs: z
      .strictObject({
        low: numberOrNull.describe('Lower end, ms; null where nothing limits it.'),
        high: numberOrNull.describe('Upper end, ms; null where nothing limits it.'),
      })
      .optional()
      .describe(
        'Interval of the predicted latency with what is not known of the speed of models, by ' +
          'which the verdict is; absent where the scenario states no such input.',
      ),
    speed_elasticity: number
      .optional()
      .describe(
        'Change of the predicted latency, in percent, for 1 % of speed of the machine; absent where ' +
          'the predicted interval is narrow, no other speed was simulated, or the change is below 3.',
      ),
  })
  .describe('Comparison at one percentile of the latency.')

export type ReplayError = z.infer<typeof replayError>
export type ErrorSplit = z.infer<typeof errorSplit>
export type PercentileComparison = z.infer<typeof percentileComparison>
