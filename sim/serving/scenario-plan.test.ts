import { expect, test } from 'vitest'
import { scenarioSchema } from '../../scenarios/schema/schema.ts'
import { scenarioOf } from '../../test/scenarios.ts'
import { OUTCOME } from './ports.ts'
import { settingsOf } from './routing/routing-plan.ts'
import { servingPlan } from './scenario-plan.ts'
import { topologyOf } from './topology.ts'

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
    order: { discipline: 'priority' },
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
  expect(topologyOf(servingPlan(asking)).classPools).toEqual([[0, 3], [2]])
})

test('times of proxies, networks and ejections are in milliseconds, sizes in bytes', () => {
  const plan = servingPlan(
    scenarioOf({
      duration_s: 2,
      models: { declared: { work } },
      places: [{ name: 'here' }, { name: 'there' }],
      networks: [
        {
          between: ['here', 'there'],
          latency_ms: { distribution: 'fixed', value: 7 },
          bandwidth_mbps: 8,
          outages: [{ at_s: 1, for_s: 0.5 }],
        },
      ],
      traffic: [
        {
          class: 'any',
          place: 'here',
          arrivals: { process: 'poisson', rate_rps: 1 },
          request_kib: 2,
          answer_bytes_per_token: 3,
          hedge: {
            policy: 'hedged',
            after_ms: 9,
            max_attempts: 3,
            non_fatal: ['shed'],
            throttling: { max_tokens: 10, token_ratio: 0.1 },
          },
        },
      ],
      pools: [
        {
          name: 'a',
          model: 'declared',
          place: 'there',
          replicas: 3,
          queue: { mode: 'per-replica' },
          outlier_detection: { policy: 'linkerd-accrual', min_penalty_s: 2, timeouts: 'ignore' },
        },
      ],
    }),
  )
  expect(plan.classes[0]!.hedge).toEqual({
    tied: false,
    afterMs: 9,
    percentile: 0,
    maxAttempts: 3,
    fatal: [OUTCOME.failed, OUTCOME.timedOut],
    budget: null,
    throttling: { maxTokens: 10, tokenRatio: 0.1 },
    untilMs: 2000,
  })
  expect(plan.pools[0]!.ejection).toEqual({
    policy: 'linkerd-accrual',
    timeoutsCount: false,
    maxFailures: 7,
    minPenaltyMs: 2000,
    maxPenaltyMs: 60_000,
    jitterRatio: 0.5,
  })
  // 8 Mbit/s are 1,000 bytes a ms
  expect(plan.channels![0]).toMatchObject({
    latency: { distribution: 'fixed', value: 7 },
    msPerUnit: 0.001,
    outages: [{ from: 1000, to: 1500 }],
  })
  expect(plan.network).toEqual({
    places: [0],
    ways: [[{ out: 0, back: 1 }]],
    requests: [{ bytes: 2048, perToken: 0 }],
    answers: [{ bytes: 0, perToken: 3 }],
  })
})

test('retries of a proxy have the limits and defaults of Envoy', () => {
  const small = {
    duration_s: 1,
    models: { declared: { work } },
    traffic: [{ class: 'any', arrivals: { process: 'poisson', rate_rps: 1 } }],
  }
  const retrying = (settings: object) => ({
    name: 'a',
    model: 'declared',
    replicas: 2,
    queue: { mode: 'per-replica' },
    retry_policy: { base_interval_ms: 4, retry_on: ['failed', 'timed_out'] },
    ...settings,
  })
  const limitOf = (settings: object) =>
    servingPlan(scenarioOf({ ...small, pools: [retrying(settings)] })).pools[0]!.retries
  expect(limitOf({})).toEqual({
    retryOn: [OUTCOME.failed, OUTCOME.timedOut],
    numRetries: 1,
    baseIntervalMs: 4,
    maxIntervalMs: 40,
    avoidsPrevious: true,
    limit: { policy: 'count', maxRetries: 3 },
    untilMs: 1000,
  })
  const finagle = { policy: 'finagle', percent_can_retry: 5, ttl_s: 2 }
  expect(limitOf({ circuit_breakers: { retry_budget: finagle } })!.limit).toEqual({
    policy: 'finagle',
    percentCanRetry: 5,
    minRetriesPerS: 10,
    ttlS: 2,
  })
})

test('a routing policy by its name has the default settings of the policy', () => {
  const scorers = { queue: 2, running: 0, kvCache: 2, prefixCache: 3, loadAware: 0 }
  const picker = { scorers, picker: 'max-score', lruBlocks: 31_250, viewAgeMs: 50 }
  expect(settingsOf('endpoint-picker')).toEqual({ policy: 'endpoint-picker', ...picker })
  expect(settingsOf('p2c')).toEqual({ policy: 'p2c', choices: 2 })
  expect(settingsOf('session-affinity')).toEqual({ policy: 'session-affinity' })
  expect(settingsOf('random')).toEqual({ policy: 'random' })
})
