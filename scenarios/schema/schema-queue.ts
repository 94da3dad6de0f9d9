import * as z from 'zod'
import { routing } from './schema-routing.ts'
import { count, kind, lazy, nonNegative, once, positive, priorityKey } from './schema-values.ts'

/** Queues of pools in the scenario format. */

const bounds = once(() => ({
  max_length: count
    .optional()
    .describe(
      'The most requests that may wait here; further ones are shed. Requests in service do not ' +
        'count. Without it there is no limit.',
    ),
  timeout_ms: positive
    .optional()
    .describe(
      'The time after which the server drops or delays a waiting request, as `timeout_action` ' +
        'states. Without it there is no limit.',
    ),
  timeout_action: z
    .enum(['reject', 'delay'])
    .optional()
    .describe(
      'What happens after `timeout_ms`: `reject` drops the request, `delay` lets it wait behind ' +
        'all others of its level, without a second time-out. Without it, the request is dropped.',
    ),
  allow_timeout_override: z
    .boolean()
    .optional()
    .describe(
      'Whether `queue_timeout_ms` of a class may shorten `timeout_ms`; without it, it may not.',
    ),
}))

const level = lazy(() =>
  z
    .strictObject(bounds())
    .describe('Bounds of one priority level; time-outs not stated here are those of the queue.'),
)

/** Keys of a queue under any discipline. */
const common = once(() => ({
  mode: z
    .enum(['shared', 'per-replica'])
    .default('shared')
    .describe(
      'Whether all replicas of the pool share one queue (`shared`), or each has its own ' +
        '(`per-replica`).',
    ),
  routing: routing
    .default('least-loaded')
    .describe(
      'How a queue is chosen with `mode: per-replica`: a policy of `router` by its name, or a map ' +
        'with `policy` and its settings.',
    )
    .meta({ examples: [{ policy: 'p2c', view_age_ms: 50 }] }),
  ...bounds(),
  // under any discipline, as its default is part of the hash of every scenario
  levels: z
    .record(priorityKey, level)
    .default({})
    .describe(
      'Bounds of single priority levels, by priority, in addition to `max_length` of the queue; ' +
        'for `discipline: priority` only.',
    ),
}))

export const queue = lazy(() =>
  z.discriminatedUnion('discipline', [
    z.strictObject({
      discipline: z
        .literal('fifo')
        .default('fifo')
        .describe('Requests are served in the order of their arrival.'),
      ...common(),
    }),
    z.strictObject({
      discipline: kind('lifo', 'The newest request is served first.'),
      ...common(),
    }),
    z.strictObject({
      discipline: kind(
        'priority',
        'The oldest request of the highest priority is served first; 1 is the highest.',
      ),
      ageing_ms: positive
        .optional()
        .describe(
          'A wait of this length is worth one level, so that no level waits for ever. Without it ' +
            'levels are strict.',
        )
        .meta({ examples: [500] }),
      ...common(),
    }),
    z.strictObject({
      discipline: kind(
        'earliest-deadline',
        'The request with the earliest deadline is served first: `deadline_ms` of its class, or ' +
          'else a fixed `timeout_ms`.',
      ),
      ...common(),
    }),
    z.strictObject({
      discipline: kind('shortest-job', 'The shortest request is served first.'),
      prediction_cv: nonNegative
        .max(100)
        .optional()
        .describe(
          'The coefficient of variation of predicted lengths about the true ones, by which the ' +
            'order is then determined. At 0, and without it, lengths are exact.',
        )
        .meta({ examples: [0.5] }),
      ...common(),
    }),
    z.strictObject({
      discipline: kind(
        'deficit-round-robin',
        'Tenants are served in turns, and in each turn up to a length in proportion to `weight`.',
      ),
      quantum: count
        .describe(
          'The length that a tenant of weight 1 may be served in a turn. An unused part is kept ' +
            'while its requests wait.',
        )
        .meta({ examples: [512] }),
      ...common(),
    }),
    z.strictObject({
      discipline: kind(
        'virtual-token-counter',
        'The tenant that has been served the least length, relative to `weight`, is served first.',
      ),
      ...common(),
    }),
  ]),
)

type Discipline = z.infer<typeof queue>['discipline']

/** What decides, besides the order of arrival, which request goes next. */
export const decidedBy: Readonly<
  Record<Discipline, 'nothing' | 'priority' | 'deadline' | 'length' | 'tenant'>
> = Object.freeze({
  fifo: 'nothing',
  lifo: 'nothing',
  priority: 'priority',
  'earliest-deadline': 'deadline',
  'shortest-job': 'length',
  'deficit-round-robin': 'tenant',
  'virtual-token-counter': 'tenant',
})
