import { describe, expect, test } from 'vitest'
import { scenarioSchema } from '../../../scenarios/schema/schema.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { MUTANTS, runMutated, TRUE_SIMULATOR } from '../../../tools/mutants/index.ts'
import { keptReplication, simulationInput } from '../../experiment/index.ts'
import { bytesOf } from '../../memory/index.ts'
import { servingPlan } from '../../serving/index.ts'
import { requestedOfArena } from '../../serving/memory/arena.ts'
import { requestsIn } from '../../traffic/index.ts'
import { auditRows } from '../audit.ts'
import { requestedBytes } from './memory-asked.ts'
import { promisedQueues, promisesOf } from './promises.ts'

const work = { law: 'constant', ms: 5 }
const scenario = scenarioOf({
  duration_s: 1,
  models: {
    declared: { work },
    encoder: { builtin: 'transformer-encoder', pad_to: 16 },
  },
  traffic: [{ class: 'any', arrivals: { process: 'poisson', rate_rps: 1 } }],
  pools: [
    { name: 'a', model: 'declared' },
    { name: 'b', model: 'encoder', replicas: 3, queue: { mode: 'per-replica' } },
    { name: 'c', model: 'declared', replicas: 2 },
  ],
  router: { policy: 'round-robin' },
})

test('promises are the plan of a scenario, and where outcomes cause no request, nothing else', () => {
  const { leastLoadsMs, cards, failures, reactions, ...plan } = promisesOf(scenario)
  expect(plan).toEqual(servingPlan(scenario))
  expect([cards, failures, reactions]).toEqual([undefined, undefined, null])
  expect(leastLoadsMs).toEqual([undefined, undefined, undefined])
})

describe('the plan is that of the scenario, not that of a run', () => {
  const busy = scenarioOf({
    duration_s: 20,
    models: { declared: { work: { law: 'linear', base_ms: 4, per_item_ms: 0.5 } } },
    traffic: [{ class: 'any', arrivals: { process: 'poisson', rate_rps: 500 } }],
    pools: [
      {
        name: 'a',
        model: 'declared',
        batching: { policy: 'dynamic', max_batch: 4, max_delay_ms: 3 },
      },
    ],
  })
  const violationsUnder = (name: string) => {
    const mutant = [TRUE_SIMULATOR, ...MUTANTS].find((candidate) => candidate.name === name)!
    const context = { work: [], shapes: [], observed: null, others: [] }
    const { rows } = runMutated(mutant, context, () => keptReplication(simulationInput(busy), 0))
    return auditRows(promisesOf(busy), rows.columns, requestsIn(rows).columns).violations
  }

  test('a run by its plan has no violation', () => expect(violationsUnder('none')).toBe(0))

  test.each(['max batch −1', 'max batch doubled', 'LIFO', 'window −10 %', 'window +10 %'])(
    'a run by another plan is found: %s',
    (name) => expect(violationsUnder(name)).toBeGreaterThan(10),
  )
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
    expect(promises.devices).toEqual(plan.devices)
    for (const [i, { memory: planned }] of plan.pools.entries()) {
      const { memory } = promises.pools[i]!
      if (planned === undefined) {
        expect(memory).toBeUndefined()
        continue
      }
      const { sums, arena, ...rest } = memory!
      const leastLoadMs = promises.leastLoadsMs![i]
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
