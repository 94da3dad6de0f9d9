import * as z from 'zod'
import {
  behaviour,
  cautious,
  delay,
  limits,
  metric,
  number,
  replicas,
  seconds,
  sync,
} from './schema-scaling-values.ts'
import { count, kind, lazy, nonNegative, positive, share } from './schema-values.ts'

/** The `scaling` section of a pool: how many replicas it has, over time. */

const fixed = lazy(() =>
  z.strictObject({
    policy: kind('fixed', 'The pool always has the same number of replicas.'),
    ...limits(),
    replicas: count
      .max(1e6)
      .describe('The number of replicas.')
      .meta({ examples: [4] }),
  }),
)

const scheduled = lazy(() =>
  z.strictObject({
    policy: kind('scheduled', 'The number of replicas follows a timetable.'),
    ...limits(),
    steps: z
      .array(
        z
          .strictObject({
            at_s: nonNegative
              .describe('The time from which on the pool has `replicas`; the first step is at 0.')
              .meta({ examples: [0, 28800] }),
            replicas: replicas
              .describe('The number of replicas from this time on.')
              .meta({ examples: [2, 12] }),
          })
          .describe('A step of the timetable.'),
      )
      .min(1)
      .max(10_000)
      .refine((steps) => steps[0]?.at_s === 0, 'a first step with `at_s: 0`')
      .refine(
        (steps) => steps.every(({ at_s }, i) => i === 0 || at_s > steps[i - 1]!.at_s),
        'steps in order of `at_s`, each later than the one before',
      )
      .describe('The timetable, in order of time.')
      .meta({ examples: [[{ at_s: 0, replicas: 2 }]] }),
    every_s: positive
      .optional()
      .describe('The time after which the timetable starts again, such as 86400 for a day.')
      .meta({ examples: [86400] }),
  }),
)

const hpa = lazy(() =>
  z.strictObject({
    policy: kind('hpa', 'The pool is scaled as by the HorizontalPodAutoscaler of Kubernetes.'),
    ...limits(),
    interval_s: sync,
    metrics: z
      .array(
        z
          .strictObject({
            metric,
            target: positive
              .describe('The value of the metric to aim at, of one replica.')
              .meta({ examples: [0.6, 8] }),
            type: z
              .enum(['average', 'total'])
              .default('average')
              .describe(
                'With `average` the mean over the replicas that report is taken; with `total` the figure ' +
                  'of the whole pool is divided by the target (AverageValue).',
              )
              .meta({ examples: ['average', 'total'] }),
            window_s: seconds(60, 'The time over which the pipeline takes the mean of the metric.'),
          })
          .describe('A metric and its target.'),
      )
      .min(1)
      .max(10)
      .describe('The metrics, of which the one that asks for most replicas decides.')
      .meta({ examples: [[{ metric: 'concurrency', target: 8 }]] }),
    ...behaviour(),
  }),
)

const keda = lazy(() =>
  z.strictObject({
    policy: kind('keda', 'The pool is scaled as by KEDA, which can stop it and start it again.'),
    ...limits(),
    min: limits().min.default(0),
    max: limits().max.default(100),
    metric: metric.default('queue_length'),
    window_s: seconds(15, 'The time over which the pipeline takes the mean of the metric.'),
    threshold: positive
      .describe('The value of the metric to aim at, of one replica.')
      .meta({ examples: [5] }),
    type: z
      .enum(['average', 'value'])
      .default('average')
      .describe(
        'With `average` the replicas are the metric over `threshold` (AverageValue); with `value` ' +
          'they are multiplied by the metric over `threshold` (Value).',
      )
      .meta({ examples: ['average', 'value'] }),
    activation: number(0, 'The pool is active while the metric is above this.', nonNegative),
    polling_s: seconds(30, 'The time between two looks at whether the pool is active.'),
    interval_s: sync,
    cooldown_s: delay(300, 'The time after the last activity at which the pool stops.'),
    initial_cooldown_s: delay(
      0,
      'The time after the start of the run before which it does not stop.',
    ),
    idle: replicas
      .optional()
      .describe('The replicas of an inactive pool, below `min`; without it they are `min`.')
      .meta({ examples: [0] }),
    fallback: z
      .strictObject({
        failures: replicas
          .describe('Metrics that may be missing in a row before the fallback holds.')
          .meta({ examples: [3] }),
        replicas: replicas
          .describe('The replicas of the pool while metrics are missing.')
          .meta({ examples: [6] }),
      })
      .optional()
      .describe('What the pool has while metrics are missing; without it nothing changes.'),
    ...behaviour(),
  }),
)

const knative = lazy(() =>
  z.strictObject({
    policy: kind(
      'knative',
      'The pool is scaled as by the pod autoscaler of Knative, with panic mode.',
    ),
    ...limits(),
    min: limits().min.default(0),
    metric: z
      .enum(['concurrency', 'rate_rps'])
      .default('concurrency')
      .describe('The figure to scale by: requests in the pool, or arrivals per second.')
      .meta({ examples: ['concurrency'] }),
    target: number(
      100,
      'The value of the metric of one replica at its limit; 200 is usual for rates.',
    ),
    target_share: number(0.7, 'The share of `target` to aim at.', z.number().min(0.01).max(1)),
    interval_s: seconds(2, 'The time between two decisions.'),
    stable_s: seconds(60, 'The stable window.'),
    panic_share: number(
      0.1,
      'The panic window, as a share of the stable one.',
      z.number().min(0.01).max(1),
    ),
    panic_threshold: number(
      2,
      'Panic begins where the panic window needs this many times the ready replicas.',
      z.number().min(1.1).max(10),
    ),
    max_up_rate: number(
      1000,
      'The most by which ready replicas are multiplied.',
      z.number().min(1.01).max(1e6),
    ),
    max_down_rate: number(
      2,
      'The most by which ready replicas are divided.',
      z.number().min(1.01).max(1e6),
    ),
    down_delay_s: delay(0, 'Replicas that were wanted within this time are kept.'),
    zero_grace_s: delay(30, 'The time for which the last replica stays when none is wanted.'),
    activation: number(1, 'The fewest replicas of a pool that has any.', count),
    target_burst: number(
      200,
      'Requests that the pool should take at once beyond its present ones; -1 for no limit.',
      z.number().min(-1).max(1e9),
    ),
  }),
)

const saturation = lazy(() =>
  z.strictObject({
    policy: kind(
      'saturation',
      'The pool is scaled as by llm-d: by spare KV cache and spare queue.',
    ),
    ...limits(),
    kv_threshold: number(
      0.8,
      'A replica with this share of its KV cache used is saturated.',
      share,
    ),
    queue_threshold: number(5, 'A replica with this many waiting requests is saturated.'),
    kv_spare: number(0.1, 'A replica is added below this mean spare share of KV cache.', share),
    queue_spare: number(3, 'A replica is added below this mean spare of the queue.', nonNegative),
    interval_s: seconds(60, 'The time between two analyses.'),
    window_s: seconds(60, 'The time over which the highest value of each replica counts.'),
    sync_s: sync,
    ...cautious(),
  }),
)

const huggingface = lazy(() =>
  z.strictObject({
    policy: kind('huggingface', 'The pool is scaled as an Inference Endpoint of Hugging Face.'),
    ...limits(),
    utilisation: number(
      0.8,
      'A replica is added at this mean utilisation.',
      z.number().min(0.01).max(1),
    ),
    window_s: seconds(120, 'The time over which utilisation is measured.'),
    up_every_s: seconds(180, 'The shortest time between two added replicas.'),
    down_after_s: delay(300, 'The time for which fewer replicas must have been enough.'),
    interval_s: seconds(15, 'The time between two decisions.'),
  }),
)

const predictive = lazy(() =>
  z.strictObject({
    policy: kind(
      'predictive',
      'Replicas are added before the need, by a forecast of the rate from its trend and season ' +
        '(Holt-Winters).',
    ),
    ...limits(),
    capacity_rps: positive
      .describe('The rate that one replica serves within the SLO.')
      .meta({ examples: [12] }),
    lead_s: positive
      .describe('The time from asking for a replica to its first request.')
      .meta({ examples: [120] }),
    interval_s: seconds(15, 'The time between two decisions.'),
    step_s: seconds(60, 'The time over which the rate is averaged for the forecast.'),
    seasonality: z
      .enum(['multiplicative', 'additive', 'none'])
      .default('multiplicative')
      .describe('How the season changes the rate: by a factor, by an addend, or not at all.')
      .meta({ examples: ['multiplicative'] }),
    period_s: seconds(86400, 'The length of a season.'),
    season_step_s: seconds(1800, 'The distance of the points between which the season is linear.'),
    refit_s: seconds(21600, 'The time between two refits of the forecast.'),
    history_periods: number(7, 'The periods that a refit looks back.', count.max(60)),
    history_rps: z
      .array(nonNegative)
      .max(100_000)
      .default([])
      .describe(
        'Rates that were recorded before the run: one for each `step_s`, the last one just before it.',
      )
      .meta({ examples: [[118.2, 120.4, 123.1]] }),
    quantile: number(
      0.95,
      'The share of past forecasts whose error the headroom covers.',
      z.number().min(0.5).max(0.999),
    ),
    headroom: number(0.2, 'The headroom above the rate while no error is known.', nonNegative),
    down_delay_s: delay(300, 'Replicas that were wanted within this time are kept.'),
  }),
)

export const scaling = lazy(() =>
  z
    .discriminatedUnion('policy', [
      fixed,
      scheduled,
      hpa,
      keda,
      knative,
      saturation,
      huggingface,
      predictive,
    ])
    .superRefine((own, context) => {
      const refuse = (path: (string | number)[], message: string) =>
        context.addIssue({ code: 'custom', path, message })
      if (own.max < own.min) refuse(['max'], `at least min, which is ${own.min}`)
      if (own.initial !== undefined && !(own.initial >= own.min && own.initial <= own.max)) {
        refuse(['initial'], `from min to max, which are ${own.min} and ${own.max}`)
      }
      const fits = (replicas: number) => replicas >= own.min && replicas <= own.max
      const within = `from min to max, which are ${own.min} and ${own.max}`
      if (own.policy === 'fixed' && !fits(own.replicas)) refuse(['replicas'], within)
      if (own.policy === 'scheduled') {
        for (const [i, { replicas }] of own.steps.entries()) {
          if (!fits(replicas)) refuse(['steps', i, 'replicas'], within)
        }
      }
      if (own.policy === 'keda' && own.idle !== undefined && own.idle >= own.min) {
        refuse(['idle'], `less than min, which is ${own.min}`)
      }
      if (own.policy === 'predictive' && own.period_s < 2 * own.step_s) {
        refuse(['period_s'], `at least two steps of step_s, which is ${own.step_s}`)
      }
    }),
)

export type Scaling = z.infer<typeof scaling>
