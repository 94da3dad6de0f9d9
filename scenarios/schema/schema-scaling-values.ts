import * as z from 'zod'
import { duration } from './schema-duration.ts'
import { count, lazy, nonNegative, once, positive, share } from './schema-values.ts'

/** Values that the scaling policies of the scenario format share. */

/** Replicas; a pool may have none. */
export const replicas = z.int().nonnegative().max(1e6)

/** From asking for a pod to its first request: 98 to 130 s measured (llm-d-autoscaling #1118). */
const POD_START = { distribution: 'lognormal', median: 110, p99: 130 } as const

export const limits = once(() => ({
  initial: replicas
    .optional()
    .describe('The replicas that serve at the start of the traffic; `min` without it, at least 1.')
    .meta({ examples: [2] }),
  start_s: duration
    .default(POD_START)
    .describe(
      'The time from asking for a replica until it serves: provisioning and loading of the model. ' +
        'The default is that of pods that were measured.',
    )
    .meta({ examples: [{ distribution: 'fixed', value: 60 }] }),
  warm: replicas
    .default(0)
    .describe(
      'The size of a warm pool: replicas that are paid for and kept ready, and serve within ' +
        '`warm_start_s`. One that is taken is replaced within `start_s`.',
    )
    .meta({ examples: [1] }),
  warm_start_s: duration
    .default({ distribution: 'fixed', value: 5 })
    .describe('The time from asking for a replica of the warm pool until it serves.')
    .meta({ examples: [{ distribution: 'fixed', value: 5 }] }),
  advisory: z
    .boolean()
    .default(false)
    .describe('Whether decisions are only recorded, so that the pool keeps `initial` replicas.')
    .meta({ examples: [true] }),
  min: replicas
    .default(1)
    .describe('The fewest replicas of the pool; 0 allows the pool to stop.')
    .meta({ examples: [0, 1, 4] }),
  max: count
    .max(1e6)
    .describe('The most replicas of the pool; not below `min`.')
    .meta({ examples: [8, 64] }),
  max_step_up: count
    .optional()
    .describe('The most replicas that one decision adds; without it there is no limit.')
    .meta({ examples: [4] }),
  max_step_down: count
    .optional()
    .describe('The most replicas that one decision removes; without it there is no limit.')
    .meta({ examples: [1] }),
}))

export const seconds = (by: number, description: string) =>
  positive
    .default(by)
    .describe(description)
    .meta({ examples: [by] })

export const delay = (by: number, description: string) =>
  nonNegative
    .default(by)
    .describe(description)
    .meta({ examples: [by] })

export const number = (by: number, description: string, type = positive) =>
  type
    .default(by)
    .describe(description)
    .meta({ examples: [by] })

export const metric = z
  .enum(['concurrency', 'rate_rps', 'utilisation', 'queue_length', 'kv_usage'])
  .describe(
    'The figure to scale by: requests in the pool, arrivals per second, the busy share of ' +
      'replicas, waiting requests, or the used share of the KV cache.',
  )
  .meta({ examples: ['concurrency', 'queue_length'] })

const scaleRule = lazy(() =>
  z
    .strictObject({
      type: z
        .enum(['pods', 'percent'])
        .describe('Whether `value` is a number of replicas or a percentage of them.')
        .meta({ examples: ['pods', 'percent'] }),
      value: count
        .describe('The largest change within `period_s`, in replicas or per cent.')
        .meta({ examples: [4, 100] }),
      period_s: positive
        .max(1800)
        .describe('The time before a decision whose changes count towards the limit.')
        .meta({ examples: [15, 60] }),
    })
    .describe('A limit of the rate of change.'),
)

type Rule = z.infer<typeof scaleRule>

const direction = (what: string, stabilization: number, policies: readonly Rule[]) =>
  z
    .strictObject({
      stabilization_s: nonNegative
        .max(3600)
        .default(stabilization)
        .describe(
          'The window of recommendations of which the most cautious is taken: the lowest when ' +
            'adding replicas, the highest when removing them.',
        )
        .meta({ examples: [0, 300] }),
      tolerance: share
        .default(0.1)
        .describe('The relative distance from the target at which nothing changes.')
        .meta({ examples: [0.1] }),
      select: z
        .enum(['max', 'min', 'disabled'])
        .default('max')
        .describe(
          'Which of several rules holds: that of the largest change, that of the smallest, or ' +
            'none, which disables this direction.',
        )
        .meta({ examples: ['max', 'disabled'] }),
      policies: z
        .array(scaleRule)
        .min(1)
        .max(10)
        .default([...policies])
        .describe('Limits of the rate of change.')
        .meta({ examples: [[{ type: 'pods', value: 4, period_s: 60 }]] }),
    })
    .prefault({})
    .describe(what)

/** The defaults of Kubernetes. */
const PERCENT: Rule = { type: 'percent', value: 100, period_s: 15 }
export const behaviour = once(() => ({
  scale_up: direction('How fast replicas are added.', 0, [
    PERCENT,
    { type: 'pods', value: 4, period_s: 15 },
  ]),
  scale_down: direction('How fast replicas are removed.', 300, [PERCENT]),
}))

/** The defaults of llm-d's chart. */
const BY_TEN: Rule = { type: 'pods', value: 10, period_s: 150 }
export const cautious = once(() => ({
  scale_up: direction('How fast the HPA adds replicas.', 240, [BY_TEN]),
  scale_down: direction('How fast the HPA removes replicas.', 240, [BY_TEN]),
}))

export const sync = seconds(15, 'The time between two decisions of the HPA.')
