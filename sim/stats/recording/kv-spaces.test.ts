import { expect, test } from 'vitest'
import { type Scenario, scenarioSchema } from '../../../scenarios/schema/schema.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { requestsOf } from '../../../test/small-system.ts'
import { runReplication, simulationInput } from '../../experiment/index.ts'
import type { SpaceSummary } from './space-recorder.ts'

/** KiB of a token, and of the weights */
const TOKEN = 2
const WEIGHTS = 64
const BLOCK = 4 * TOKEN

/** Engines on which prompts of 10 tokens get answers of 3, each alone with its steps of 1 ms. */
function scenarioWith(pools: readonly object[]): Scenario {
  return scenarioOf({
    duration_s: 1,
    models: {
      m: {
        work: { law: 'generation', base_ms: 1 },
        memory: {
          parameters_millions: (WEIGHTS * 1024) / 2e6,
          kv_cache: { layers: 4, heads: 2, head_size: 64 },
        },
      },
    },
    traffic: [
      {
        class: 'chat',
        arrivals: { process: 'poisson', rate_rps: 1 },
        output_tokens: { distribution: 'fixed', value: 9 },
      },
    ],
    pools: pools.map((pool, i) => ({
      name: `p${i}`,
      model: 'm',
      precision: 'fp16',
      speed: 'ideal',
      generation: { policy: 'continuous', kv_cache: { block_tokens: 4, watermark: 0 } },
      memory: { allocator: 'paged', limit_mib: 1 },
      ...pool,
    })),
    devices: [{ name: 'card', limit_mib: 1 }],
  })
}

function memoryOf(
  scenario: Scenario,
  requests: readonly { readonly at: number; readonly prompt?: number; readonly answer?: number }[],
  replication = 0,
): readonly SpaceSummary[] {
  const list = requestsOf(
    requests.map(({ at }) => at),
    {
      lengths: requests.map(({ prompt = 10 }) => prompt),
      outputs: requests.map(({ answer = 3 }) => answer),
    },
  )
  const input = simulationInput(scenario, { requests: list })
  return runReplication(input, replication).memory
}

/** KiB. */
const kib = (bytes: number) => bytes / 1024

test('a sequence requests memory for its tokens, uses whole blocks, and returns them', () => {
  const [space] = memoryOf(scenarioWith([{}]), [{ at: 5 }])
  // the last token of the answer is not computed on
  expect(kib(space!.peakRequested)).toBe(WEIGHTS + 12 * TOKEN)
  expect(kib(space!.peakInUse)).toBe(WEIGHTS + 3 * BLOCK)
  expect(kib(space!.peakHeld)).toBe(1024)
  expect(kib(space!.largestFree)).toBe(1024 - WEIGHTS - 3 * BLOCK)
  expect([space!.external, space!.counts.shortage, space!.counts.extensions]).toEqual([0, 0, 1])
  expect(kib(space!.series.inUse.at(-1)!)).toBe(WEIGHTS)
  const [odd] = memoryOf(scenarioWith([{}]), [{ at: 5, prompt: 11 }])
  expect(odd!.internal).toBeCloseTo(1 - 13 / 16, 12)
})

test('replicas with dedicated devices: figures of the fullest, shortages of all', () => {
  // 8 blocks each
  const memory = { allocator: 'paged', limit_mib: (WEIGHTS + 8 * BLOCK) / 1024 }
  const scenario = scenarioWith([{ replicas: 2, memory }])
  // the second replica has the longer ones, of which two do not fit to their ends
  const requests = [
    { at: 0 },
    { at: 0.1, prompt: 9, answer: 20 },
    { at: 0.2 },
    { at: 0.3, prompt: 9, answer: 20 },
  ]
  const [space, ...others] = memoryOf(scenario, requests)
  expect(others).toEqual([])
  expect(kib(space!.peakInUse)).toBe(WEIGHTS + 8 * BLOCK)
  expect(space).toMatchObject({ name: 'p0', shared: false, counts: { shortage: 1, extensions: 2 } })
  expect(kib(space!.weightsBytes)).toBe(WEIGHTS)
})

test('a shared device has all weights and caches, one after another', () => {
  const memory = { allocator: 'paged', device: 'card' }
  const reserved = { allocator: 'contiguous', reservation_tokens: 32, device: 'card' }
  const generation = { policy: 'continuous' }
  const scenario = scenarioWith([
    { memory },
    { memory: reserved, generation, replicas: 2 },
    { generation },
  ])
  const requests = [0, 0.1, 0.2, 0.3].map((at) => ({ at }))
  const [space, ...others] = memoryOf(scenario, requests)
  expect(others.map(({ name }) => name)).toEqual(['p2'])
  expect(space).toMatchObject({
    name: 'card',
    shared: true,
    pools: ['p0', 'p1'],
    allocators: ['paged', 'contiguous'],
  })
  expect(kib(space!.weightsBytes)).toBe(3 * WEIGHTS)
  // 277 1/3 KiB each: 34 blocks, and twice 4 reservations of 64 KiB
  expect(kib(space!.peakHeld)).toBe(3 * WEIGHTS + 34 * BLOCK + 8 * 64)
  const { chunks } = space!.map[0]!
  expect(chunks.filter(({ owner }) => owner.endsWith('weights'))).toHaveLength(3)
  let end = 0
  for (const { address, bytes } of chunks) {
    expect(address).toBe(end)
    end += bytes
  }
  expect(kib(end)).toBe(kib(space!.peakHeld))
  expect(new Set(chunks.map(({ owner }) => owner))).toContain('p1: weights')
})

test('maps are those of the first replication, and a pool without memory has no space', () => {
  expect(memoryOf(scenarioWith([{}]), [{ at: 5 }], 1)[0]!.map).toEqual([])
  expect(memoryOf(scenarioWith([{}]), [{ at: 5 }])[0]!.map.length).toBeGreaterThan(0)
  const unlimited = { memory: undefined, generation: { policy: 'continuous' } }
  expect(memoryOf(scenarioWith([unlimited]), [{ at: 5 }])).toEqual([])
})

test("a session's turn finds the whole blocks of the turn before, including its answer", () => {
  const session = {
    turns: { distribution: 'fixed', value: 3 },
    think_time_s: { distribution: 'fixed', value: 0.1 },
    carry_context: true,
  }
  const generation = {
    policy: 'continuous',
    kv_cache: { block_tokens: 16, watermark: 0, prefix_cache: true },
  }
  const memory = { allocator: 'paged', limit_mib: 64 }
  const plain = scenarioWith([{ generation, memory, replicas: 2 }])
  const traffic = [
    {
      ...plain.traffic[0]!,
      arrivals: { process: 'deterministic', rate_rps: 2 },
      input_tokens: { distribution: 'fixed', value: 700 },
      output_tokens: { distribution: 'fixed', value: 100 },
      session,
    },
  ]
  const scenario = scenarioSchema.parse({ ...plain, traffic })
  const input = simulationInput(scenario)
  const { prefixes, memory: spaces } = runReplication(input, 0)
  // 700, 1,500 and 2,300 tokens; the latter two find 800 and 1,600 less the last token
  expect(prefixes).toEqual([{ part: 49 * 16 + 99 * 16, of: 700 + 1500 + 2300 }])
  const last = spaces[0]!.map.at(-1)!.chunks.map(({ owner }) => owner)
  expect(last).toEqual(['weights', 'cached prefixes', 'free'])
})
