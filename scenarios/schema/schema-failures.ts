import * as z from 'zod'
import { duration } from './schema-duration.ts'
import { count, kind, lazy, name, nonNegative, once, positive, share } from './schema-values.ts'

/** Failures of replicas, and deployments that restart them. */

const pools = once(() =>
  z
    .array(name.describe('The name of a pool.'))
    .min(1)
    .max(250)
    .optional()
    .describe('The pools that it concerns; all of them by default.')
    .meta({ examples: [['edge-a', 'edge-b']] }),
)

const replicas = once(() =>
  z
    .array(z.int().nonnegative().max(1e6).describe('The number of a replica, from 0.'))
    .min(1)
    .max(1000)
    .optional()
    .describe('The replicas of each pool that it concerns, from 0; all of them by default.')
    .meta({ examples: [[0]] }),
)

const every_s = positive
  .optional()
  .describe(
    'The mean time between two of them on one replica, which is exponential and counts from the ' +
      'end of the last one. Each replica has its own; `at_s` replaces it.',
  )
  .meta({ examples: [600] })

const at_s = once(() =>
  z
    .array(nonNegative.describe('A time from the start of the traffic.'))
    .min(1)
    .max(10_000)
    .optional()
    .describe('The times at which it happens to all replicas concerned at once, rising.')
    .meta({ examples: [[60, 120]] }),
)

const detection_s = nonNegative
  .default(0)
  .describe(
    'The time until the control plane knows, by health checks: period times failures in a row. ' +
      'Batches that are sent to the replica until then fail after 1 ms.',
  )
  .meta({ examples: [30] })

const restart_s = duration.describe(
  'The time from the loss of the replica until it serves again, with its model loaded.',
)

const for_s = positive.describe('How long it lasts.').meta({ examples: [20] })

const occurrence = once(() => ({ pools: pools(), replicas: replicas(), every_s, at_s: at_s() }))

export const failure = lazy(() =>
  z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: kind(
          'crash',
          'A replica ends with the batch that it runs and, where queues are per replica, with the ' +
            'requests that wait for it; all of them fail. With `at_s` and all replicas it is the ' +
            'loss of a zone, or of the network to it.',
        ),
        ...occurrence(),
        detection_s,
        restart_s,
      }),
      z.strictObject({
        kind: kind(
          'slow',
          'A straggler: the batches that a replica begins take several times as long.',
        ),
        ...occurrence(),
        for_s,
        factor: positive
          .min(1)
          .max(10_000)
          .describe('The time of a batch over its time otherwise.')
          .meta({ examples: [10] }),
      }),
      z.strictObject({
        kind: kind(
          'errors',
          'A grey failure: health checks pass, and a share of the batches ends with errors.',
        ),
        ...occurrence(),
        for_s,
        share: share
          .describe('The share of the batches begun in this time whose requests fail.')
          .meta({ examples: [0.5] }),
        after_ms: nonNegative
          .optional()
          .describe(
            'How long such a batch takes: a replica that fails fast looks idle, and draws ' +
              'traffic. Without it, it takes as long as one that succeeds.',
          )
          .meta({ examples: [2] }),
      }),
      z.strictObject({
        kind: kind(
          'deployment',
          'A rolling deployment: one replica after another serves what it has, restarts and comes ' +
            'back.',
        ),
        pools: pools(),
        at_s: nonNegative
          .describe('When it begins, from the start of the traffic.')
          .meta({ examples: [60] }),
        at_once: count
          .default(1)
          .describe('The number of replicas of a pool that may be missing at one time.'),
        restart_s,
      }),
    ])
    .describe('A failure of replicas, or a deployment.'),
)
