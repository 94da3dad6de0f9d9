import * as z from 'zod'
import { kind, lazy, nonNegative, once, positive } from './schema-values.ts'

/** Settings that controllers change while a system runs. */

const shared = once(() => ({
  setting: z
    .string()
    .max(300)
    .describe(
      'The setting that is changed, by its path: `batching.max_batch` or `batching.max_delay_ms` ' +
        'of a pool with policy dynamic, `admission.concurrency.limit` of a pool, ' +
        '`generation.kv_cache.blocks` of a pool that generates, or `router.threshold_tokens`. It ' +
        'begins at the value of the scenario.',
    )
    .meta({ examples: ['pools.central.admission.concurrency.limit'] }),
  every_s: positive
    .describe('The time from one decision to the next, which is also the window that it sees.')
    .meta({ examples: [60] }),
  target_ms: positive
    .describe(
      'The latency that is aimed at; less than `every_s`, so that requests of a window end in it.',
    )
    .meta({ examples: [200] }),
}))

const range = once(() => ({
  min: nonNegative.describe('The lowest value of the setting.').meta({ examples: [1] }),
  max: positive
    .max(1e9)
    .describe(
      'The highest value of the setting; of `max_batch` and `blocks` at most that of the scenario.',
    )
    .meta({ examples: [64] }),
}))

const percentile = z
  .number()
  .min(1)
  .max(99.9)
  .default(95)
  .describe('The percentile of latency, of the served requests of a window, that is compared.')

const gain = (text: string) => z.number().min(-100).max(100).default(0).describe(text)

const arms = once(() => ({
  values: z
    .array(nonNegative.max(1e9).describe('A value of the setting.'))
    .min(2)
    .max(32)
    .describe('The values that are tried, rising.')
    .meta({ examples: [[8, 16, 32]] }),
  discount: z
    .number()
    .min(0.5)
    .max(1)
    .default(1)
    .describe(
      'The weight of a window falls by this factor with each later one, so that what held ' +
        'earlier is forgotten. At 1 nothing is.',
    ),
}))

const tuned = lazy(() =>
  z
    .discriminatedUnion('controller', [
      z.strictObject({
        controller: kind(
          'aimd',
          'The setting rises by a step after each window that met the target, and is multiplied by a ' +
            'factor after each that missed it. A concurrency limit rises only where it refused requests.',
        ),
        ...shared(),
        ...range(),
        percentile,
        increase: positive
          .default(1)
          .describe('What is added to the setting after a window that met the target.'),
        decrease: z
          .number()
          .min(0.01)
          .max(0.99)
          .default(0.9)
          .describe('The setting is multiplied by this after a window that missed the target.'),
      }),
      z.strictObject({
        controller: kind(
          'pid',
          'The setting follows the error, which is the distance of the percentile below the target, ' +
            'over the target. It changes by gains times the range from `min` to `max`.',
        ),
        ...shared(),
        ...range(),
        percentile,
        proportional: gain('The gain of the change of the error from one window to the next.'),
        integral: z
          .number()
          .min(-100)
          .max(100)
          .describe('The gain of the error; negative where a higher setting shortens latencies.')
          .meta({ examples: [0.1] }),
        derivative: gain('The gain of the change of that change.'),
      }),
      z.strictObject({
        controller: kind(
          'bandit',
          'One of a few values is tried in each window: the one with the highest upper confidence ' +
            'bound (UCB1) of the share of requests that ended within the target.',
        ),
        ...shared(),
        ...arms(),
      }),
      z.strictObject({
        controller: kind(
          'thompson',
          'One of a few values is tried in each window: the one with the highest draw of its mean ' +
            'share of requests that ended within the target (Thompson sampling, normal posteriors).',
        ),
        ...shared(),
        ...arms(),
      }),
    ])
    .describe('A setting that is tuned, and its controller.'),
)

export const tuning = z
  .array(tuned)
  .min(1)
  .max(100)
  .optional()
  .describe(
    'Settings that are changed while the system runs, by the latencies that were observed. Rules ' +
      'of the audit on batches and routers that depend on such a setting are not checked.',
  )

export type Tuned = z.infer<typeof tuned>
