import { z } from 'zod'
import { count, nonNegative, positive, priorityKey } from './schema-values.ts'

/** Queues of pools in the scenario format. */

export const routing = z.enum(['round-robin', 'least-loaded'])

const bounds = {
  max_length: count.optional().describe('Requests beyond it are shed; waiting, not in service'),
  timeout_ms: positive.optional().describe('The server drops requests that waited so long'),
  timeout_action: z
    .enum(['reject', 'delay'])
    .optional()
    .describe('delay: they wait behind all others of their level, without a second time-out'),
  allow_timeout_override: z
    .boolean()
    .optional()
    .describe("Whether a class's queue_timeout_ms may shorten it"),
}

/** Keys of a queue under any discipline. */
const common = {
  mode: z
    .enum(['shared', 'per-replica'])
    .default('shared')
    .describe('One queue of the pool, or one for each replica'),
  routing: routing.default('least-loaded').describe('Among replicas, where mode is per-replica'),
  ...bounds,
  // under any discipline, as its default is part of the hash of every scenario
  levels: z
    .record(priorityKey, z.strictObject(bounds))
    .default({})
    .describe('Of priority: bounds of single levels, where they differ from those of the queue'),
}

export const queue = z.discriminatedUnion('discipline', [
  z.strictObject({
    discipline: z.literal('fifo').default('fifo').describe('In the order of arrival'),
    ...common,
  }),
  z.strictObject({ discipline: z.literal('lifo').describe('The newest first'), ...common }),
  z.strictObject({
    discipline: z.literal('priority').describe('The highest priority first'),
    ageing_ms: positive.optional().describe('A wait that is worth one level; default: none is'),
    ...common,
  }),
  z.strictObject({
    discipline: z.literal('earliest-deadline').describe('The nearest deadline first'),
    ...common,
  }),
  z.strictObject({
    discipline: z.literal('shortest-job').describe('The shortest request first'),
    prediction_cv: nonNegative
      .max(100)
      .optional()
      .describe('Coefficient of variation of predicted lengths; 0: lengths are known'),
    ...common,
  }),
  z.strictObject({
    discipline: z.literal('deficit-round-robin').describe('Tenants in turn, by length'),
    quantum: count.describe('Length that a tenant of weight 1 may be served in a turn'),
    ...common,
  }),
  z.strictObject({
    discipline: z
      .literal('virtual-token-counter')
      .describe('The tenant that has been served least'),
    ...common,
  }),
])

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
