import { describe, expect, test } from 'vitest'
import { scenarioSchema } from '../../../scenarios/schema/schema.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { bytesOf } from '../../memory/index.ts'
import { servingPlan } from '../../serving/index.ts'
import { requestedOfArena } from '../../serving/memory/arena.ts'
import { requestedBytes } from './memory-asked.ts'
import { promisedQueues, promisesOf } from './promises.ts'

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

test('promises are those of the scenario, and without limits where it has none', () => {
  const promises = promisesOf(scenario)
  expect(promises.routing).toEqual({ policy: 'round-robin' })
  expect(promises.classes.map(({ clientTimeoutMs }) => clientTimeoutMs)).toEqual([limitless, 40])
  const [a, b] = promises.pools
  expect(a).toEqual({
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

test('the control plane has the same promises', () => {
  const plan = servingPlan(scenario)
  const pools = plan.pools.map(({ index: _, ...pool }) => pool)
  // prefix numbers are compared with the requests
  const classes = plan.classes.map(({ carriesContext: _, ...promised }) => promised)
  expect(promisesOf(scenario)).toEqual({ ...plan, classes, pools, networks: null, reactions: null })
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
  for (const { classes } of [promisesOf(asking), servingPlan(asking)]) {
    expect(classes.map(({ pools }) => pools)).toEqual([[0, 3], [2]])
  }
})

describe('memory', () => {
  const buffers = {
    parameters_millions: 3.3,
    input: { per_token_kib: 1 },
    activations: [
      { per_item_kib: 40, lives: 2 },
      { per_token_kib: 3 },
      { per_token_squared_kib: 0.1, lives: 2 },
      { kib: 9, per_item_kib: 60 },
    ],
    output: { per_item_kib: 25 },
  }
  const residency = { eviction: 'lfu', gib_per_s: 8 }
  const described = scenarioSchema.parse({
    ...scenario,
    models: { ...scenario.models, declared: { work, memory: buffers } },
    devices: [
      { name: 'card', limit_mib: 64 },
      { name: 'other', limit_mib: 32, residency },
    ],
    pools: [
      { name: 'a', model: 'declared', replicas: 2, memory: { allocator: 'bfc', limit_mib: 20 } },
      { name: 'b', model: 'declared', memory: { allocator: 'caching', device: 'other' } },
      { name: 'c', model: 'encoder', replicas: 2, memory: { allocator: 'bfc' } },
      {
        name: 'd',
        model: 'declared',
        precision: 'int8',
        memory: { allocator: 'bfc', device: 'card', pinned: true, out_of_memory: ['split'] },
      },
      { name: 'e', model: 'declared' },
      {
        name: 'f',
        model: 'declared',
        memory: { allocator: 'buddy', arena_mib: 8, device: 'card' },
      },
    ],
  })

  test('equals that of the control plane, except for sums, whose maximum is equal for every batch', () => {
    const plan = servingPlan(described)
    const promises = promisesOf(described)
    // eviction and shrinking are no promises
    const devices = plan.devices.map(({ residency, ...device }) => {
      if (residency === null) return { ...device, residency }
      const { shrinks: _, ...promised } = residency
      return { ...device, residency: promised }
    })
    expect(promises.devices).toEqual(devices)
    for (const [i, { memory: planned }] of plan.pools.entries()) {
      const { memory } = promises.pools[i]!
      if (planned === undefined) {
        expect(memory).toBeUndefined()
        continue
      }
      const { sums, arena, leastLoadMs, ...rest } = memory!
      const { gibPerS = null, setUpMs = 0 } = plan.devices[planned.devices[0]!]!.residency ?? {}
      if (gibPerS === null) expect(leastLoadMs).toBeUndefined()
      else {
        const passesMs = (1000 * planned.weightsBytes) / (gibPerS * 1024 ** 3)
        expect(leastLoadMs).toBeCloseTo(setUpMs + passesMs, 9)
      }
      expect({ ...rest, sums: planned.sums, arena: planned.arena }).toEqual(planned)
      const most = (all: typeof sums, b: number, l: number) =>
        Math.max(0, ...all.map((sum) => bytesOf(sum, b, l)))
      for (let b = 1; b < 40; b += 3) {
        for (let l = 1; l < 600; l = 2 * l + 1) {
          expect(most(sums, b, l)).toBe(most(planned.sums, b, l))
          if (planned.arena)
            expect(requestedBytes(memory!, b, l)).toBe(requestedOfArena(planned.arena, b, l))
        }
      }
      expect(arena?.bytes).toBe(planned.arena?.bytes)
    }
  })

  test('devices of the scenario come first, then one for each replica with a dedicated device', () => {
    const { devices, pools } = promisesOf(described)
    expect(devices.map(({ name }) => name)).toEqual(['card', 'other', 'a/0', 'a/1', 'c/0', 'c/1'])
    expect(pools.map(({ memory }) => memory?.devices)).toEqual([
      [2, 3],
      [1],
      [4, 5],
      [0],
      undefined,
      [0],
    ])
    // a buddy arena returns nothing
    expect(pools[5]!.memory!.outOfMemory).toEqual([])
    expect(pools[0]!.memory!.weightsBytes).toBe(13.2e6)
    expect(pools[3]!.memory!.weightsBytes).toBe(3.3e6)
  })
})

test('queues and executors are numbered over all pools: one queue per pool, or per replica', () => {
  const queues = promisedQueues(promisesOf(scenario)).map((queue) => [
    queue.number,
    queue.poolIndex,
    queue.firstExecutor,
    queue.executors,
  ])
  expect(queues).toEqual([
    [0, 0, 0, 1],
    [1, 1, 1, 1],
    [2, 1, 2, 1],
    [3, 1, 3, 1],
    [4, 2, 4, 2],
  ])
})
