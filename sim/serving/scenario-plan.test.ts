import { expect, test } from 'vitest'
import { scenarioSchema } from '../../scenarios/schema/schema.ts'
import { scenarioOf } from '../../test/scenarios.ts'
import { servingPlan } from './scenario-plan.ts'

const work = { law: 'constant', ms: 5 }
const scenario = scenarioOf({
  duration_s: 1,
  models: {
    declared: { work },
    encoder: { builtin: 'transformer-encoder', pad_to: 16 },
  },
  traffic: [
    { class: 'patient', arrivals: { process: 'poisson', rate_rps: 1 } },
    {
      class: 'hasty',
      arrivals: { process: 'poisson', rate_rps: 1 },
      timeout_ms: 40,
      priority: 2,
      queue_timeout_ms: 7,
    },
  ],
  pools: [
    { name: 'a', model: 'declared' },
    {
      name: 'b',
      model: 'encoder',
      replicas: 3,
      admission: {
        priority: { limits: { 2: 6 } },
        deadline: { margin_ms: 3 },
        concurrency: { limit: 8 },
        token_bucket: { rate_rps: 50, burst: 4, per: 'tenant' },
      },
      queue: {
        discipline: 'priority',
        mode: 'per-replica',
        routing: 'round-robin',
        max_length: 9,
        timeout_ms: 12,
        timeout_action: 'delay',
        allow_timeout_override: true,
        levels: { 2: { max_length: 3, timeout_action: 'reject' } },
      },
      batching: { policy: 'dynamic', max_batch: 8, preferred: [2, 4], max_delay_ms: 5 },
    },
    {
      name: 'c',
      model: 'declared',
      replicas: 2,
      admission: { adaptive_lifo: { interval_ms: 60 } },
      batching: { policy: 'fixed', batch: 4 },
    },
  ],
  router: { policy: 'round-robin' },
})

const limitless = Number.POSITIVE_INFINITY

test('a plan has the settings of its scenario, and no limits where that has none', () => {
  const plan = servingPlan(scenario)
  expect(plan.routing).toEqual({ policy: 'round-robin' })
  expect(plan.classes.map(({ clientTimeoutMs }) => clientTimeoutMs)).toEqual([limitless, 40])
  const [a, b] = plan.pools
  expect(a).toEqual({
    index: 0,
    name: 'a',
    replicas: 1,
    perReplicaQueues: false,
    routing: 'least-loaded',
    admission: {
      priorityLimits: [],
      deadlineMarginMs: null,
      concurrencyLimit: limitless,
      tokenBucket: null,
      adaptiveLifo: null,
    },
    order: { discipline: 'fifo' },
    maxLength: limitless,
    queueTimeoutMs: limitless,
    timeoutAction: 'reject',
    timeoutOverride: false,
    levels: [],
    batching: { policy: 'none' },
    padTo: 1,
    ragged: false,
  })
  expect(b).toEqual({
    index: 1,
    name: 'b',
    replicas: 3,
    perReplicaQueues: true,
    routing: 'round-robin',
    admission: {
      priorityLimits: [{ priority: 2, limit: 6 }],
      deadlineMarginMs: 3,
      concurrencyLimit: 8,
      tokenBucket: { everyMs: 20, burst: 4, per: 'tenant' },
      adaptiveLifo: null,
    },
    order: { discipline: 'priority', ageingMs: limitless },
    maxLength: 9,
    queueTimeoutMs: 12,
    timeoutAction: 'delay',
    timeoutOverride: true,
    levels: [
      {
        priority: 2,
        maxLength: 3,
        queueTimeoutMs: 12,
        timeoutAction: 'reject',
        timeoutOverride: true,
      },
    ],
    batching: { policy: 'dynamic', maxBatch: 8, preferred: [2, 4], maxDelayMs: 5 },
    padTo: 16,
    ragged: false,
  })
})

test('classes have the pools of their model, except decode pools', () => {
  const generation = (to?: string) => ({
    policy: 'continuous',
    ...(to !== undefined && { hand_over: { pool: to } }),
  })
  const tokens = { output_tokens: { distribution: 'fixed', value: 9 } }
  const asking = scenarioSchema.parse({
    ...scenario,
    models: { a: { work: { law: 'generation', base_ms: 8 } }, b: { work } },
    traffic: ['a', 'b'].map((model) => ({
      ...scenario.traffic[0],
      ...tokens,
      class: model,
      model,
    })),
    pools: [
      { name: 'first', model: 'a', generation: generation('then') },
      { name: 'then', model: 'a', generation: generation() },
      { name: 'other', model: 'b' },
      { name: 'whole', model: 'a', generation: generation() },
    ],
  })
  expect(servingPlan(asking).classes.map(({ pools }) => pools)).toEqual([[0, 3], [2]])
})
