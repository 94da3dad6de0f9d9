import { describe, expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { Random } from '../../kernel/index.ts'
import { declaredPlan } from '../../memory/index.ts'
import { type ServingPlan, servingPlan } from '../../serving/index.ts'
import type { LoadEnd } from './model-loads.ts'
import { WorldMemory } from './world-memory.ts'

const MIB = 2 ** 20
/** Declared loads draw nothing from it. */
const random = new Random('unused')

/** Pools `one` and `two`, each with its own model. */
function memoryOf(parts: {
  pools: readonly string[]
  devices?: string
  model?: string
  /** of each model, where it differs from the scenario */
  weights?: number
  /** measured durations, ms */
  loadMs?: readonly number[]
}) {
  const model =
    parts.model ?? 'activations: [{ per_item_kib: 1024, lives: 2 }, { per_item_kib: 512 }]'
  const names = ['one', 'two'].slice(0, parts.pools.length)
  const text = `spillway: 1
name: s
duration_s: 60
models:
${names.map((name) => `  ${name}: { work: { law: constant, ms: 4 }, memory: { parameters_millions: 1.048576, ${model} } }`).join('\n')}
traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 40 } }
devices: ${parts.devices ?? '[]'}
pools:
${names.map((name, i) => `  - { name: ${name}, model: ${name}, ${parts.pools[i]} }`).join('\n')}
`
  const scenario = scenarioOf(text)
  const activations = scenario.pools.map(({ model: name, precision }) => {
    const declared = scenario.models[name]!
    if (!('work' in declared)) return null
    const plan = declaredPlan(declared.memory!, precision)
    const { weights, loadMs } = parts
    return { ...plan, ...(weights !== undefined && { weights: [weights] }), loadMs }
  })
  const declared = servingPlan(scenario, activations)
  const plan = parts.loadMs === undefined ? declared : withMeasuredLoads(declared)
  return new WorldMemory({ scenario, plan, activations, maps: true })
}

/** The plan as it is for models whose loads are measured. */
const withMeasuredLoads = (plan: ServingPlan): ServingPlan => ({
  ...plan,
  devices: plan.devices.map((device) => ({
    ...device,
    residency: device.residency && { ...device.residency, gibPerS: null },
  })),
})

const batch = (executor: number, size: number) => ({ executor, size, length: 1, tokens: size })
const mib = (bytes: number) => bytes / MIB

describe('a dedicated device', () => {
  test('shows a batch at its peak until it ends, then weights and the arena', () => {
    const memory = memoryOf({ pools: ['memory: { allocator: bfc, limit_mib: 64 }'] })
    expect(memory.start(1000, batch(0, 4))).toBe(true)
    memory.end(3000, 0)
    const [space] = memory.spaces()
    // 4 MiB of weights, 4 and 2 of the batch; two regions of 4
    expect(space!.series.requested.slice(0, 8).map(mib)).toEqual([4, 4, 10, 10, 10, 10, 4, 4])
    expect(space!.series.held.slice(0, 4).map(mib)).toEqual([4, 4, 12, 12])
    expect(space).toMatchObject({ name: 'one', shared: false, peakInUse: 10 * MIB })
    expect(space!.counts.extensions).toBe(2)
  })

  test('replicas have one space: the counts of all, the other figures of the fullest', () => {
    const memory = memoryOf({ pools: ['replicas: 3, memory: { allocator: bfc, limit_mib: 64 }'] })
    expect(memory.start(0, batch(0, 1))).toBe(true)
    expect(memory.start(0, batch(2, 8))).toBe(true)
    expect(memory.start(0, batch(1, 100))).toBe(false)
    const spaces = memory.spaces()
    expect(spaces.length).toBe(1)
    expect(mib(spaces[0]!.peakRequested)).toBe(4 + 8 + 4)
    expect(spaces[0]!.counts).toMatchObject({ shortage: 1, fragmentation: 0, oversize: 0 })
    expect(spaces[0]!.series.requested.map(mib).at(-1)).toBe(4 + 1.5)
  })
})

describe('a shared device', () => {
  const devices = '[{ name: card, limit_mib: 32 }]'
  const on = 'memory: { allocator: bfc, device: card, extend: same-as-requested }'

  test('is one space, in which simultaneous batches add up', () => {
    const memory = memoryOf({ pools: [on, on], devices })
    memory.start(0, batch(0, 4))
    memory.start(0, batch(1, 2))
    const [card, ...others] = memory.spaces()
    expect(others).toEqual([])
    expect(card).toMatchObject({ name: 'card', shared: true, pools: ['one', 'two'] })
    expect(mib(card!.peakRequested)).toBe(4 + 4 + 6 + 3)
    const { chunks } = card!.map[0]!
    expect(chunks.find(({ owner }) => owner === 'one: batch 4 x 1')).toBeDefined()
  })

  test('shows a replica whose batch still runs at its peak in the map of another', () => {
    const memory = memoryOf({ pools: [on, on], devices })
    memory.start(0, batch(1, 1))
    // no map is due at 1 ms; the next is due at one second
    memory.start(1, batch(0, 4))
    memory.end(2, 1)
    memory.start(1000, batch(1, 1))
    const { chunks } = memory.spaces()[0]!.map[1]!
    const owned = chunks.filter(({ owner }) => owner === 'one: batch 4 x 1')
    expect(owned.reduce((sum, { bytes }) => sum + mib(bytes), 0)).toBe(6)
  })

  test('counts fragmentation where enough bytes are free in no single chunk, otherwise a shortage', () => {
    const memory = memoryOf({ pools: [on, on], devices })
    // 8 MiB of weights, 4 and 2 of one arena: 18 of 32 are free
    expect(memory.start(0, batch(0, 4))).toBe(true)
    memory.end(1, 0)
    expect(memory.start(2, batch(1, 19))).toBe(false)
    memory.end(2, 1)
    expect(memory.start(3, batch(0, 19))).toBe(false)
    memory.end(3, 0)
    const { counts } = memory.spaces()[0]!
    expect(counts).toMatchObject({ shortage: 1, fragmentation: 1, oversize: 0 })
  })

  test('does not shrink an arena whose batch runs', () => {
    const memory = memoryOf({ pools: [on, on], devices })
    memory.start(0, batch(0, 4))
    memory.shrink(1, 1)
    expect(memory.start(1, batch(1, 13))).toBe(false)
    memory.end(1, 1)
    memory.end(2, 0)
    memory.shrink(2, 1)
    expect(memory.start(2, batch(1, 13))).toBe(true)
  })

  test('rejects weights that do not fit at the start, with figures', () => {
    const weights = 17 * MIB
    expect(() => memoryOf({ pools: [on, on], devices, weights })).toThrow(
      /two need 17825792 bytes on card, which has 15728640 bytes free/,
    )
  })
})

describe('model swapping', () => {
  const devices =
    '[{ name: card, limit_mib: 12, residency: { eviction: lru, gib_per_s: 2, set_up_ms: 5 } }]'
  const on = 'memory: { allocator: bfc, device: card, extend: same-as-requested }'

  test('a load takes its memory at once, and the time of set-up and transfer', () => {
    const memory = memoryOf({ pools: [on, on], devices })
    const [{ executor, at }] = memory.load(10, 0, random) as [LoadEnd]
    expect(executor).toBe(0)
    expect(at).toBeCloseTo(10 + 5 + (1000 * 4) / 2048, 12)
    expect(memory.start(20, batch(0, 6))).toBe(false)
    memory.end(20, 0)
    expect(memory.start(20, batch(0, 2))).toBe(true)
    memory.end(21, 0)
    // 4 MiB of weights and 6 of an idle arena leave no room for 4 more
    expect(memory.load(22, 1, random)).toBeNull()
    memory.unload(23, 0)
    expect(memory.load(24, 1, random)).not.toBeNull()
    const [card] = memory.spaces()
    expect(card!.residency).toEqual({ loads: 2, evictions: 1, pools: [] })
    // the shortages of a batch and of a load
    expect(card!.counts).toMatchObject({ shortage: 1, fragmentation: 0, oversize: 0, loads: 1 })
    // nothing is loaded at the start, and one model without an arena at the end
    expect(mib(card!.series.held[0]!)).toBe(10)
    expect(mib(card!.series.held.at(-1)!)).toBe(4)
    expect(mib(card!.peakHeld)).toBe(10)
  })

  test('loads that are not declared take as long as the measured ones', () => {
    const memory = memoryOf({ pools: [on, on], devices, loadMs: [30, 40, 60] })
    const drawn = new Random('loads')
    const times = Array.from({ length: 4000 }, (_, i) => {
      const now = 100 * i
      const [{ at }] = memory.load(now, 0, drawn) as [LoadEnd]
      memory.loaded(at, 0)
      memory.unload(at, 0)
      return at - now
    })
    expect(Math.min(...times)).toBeGreaterThanOrEqual(30)
    expect(Math.max(...times)).toBeLessThanOrEqual(60)
    // half of the draws are uniform from 30 to 40 ms, half from 40 to 60
    const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length
    expect(Math.abs(mean - 42.5)).toBeLessThan(0.5)
    expect(memory.spaces()[0]!.residency!.pools).toEqual([
      { pool: 'one', loads: 4000, ms: expect.closeTo(mean * 4000, 6) },
    ])
  })

  test('internal fragmentation counts the weights on the device, not those of evicted models', () => {
    const memory = memoryOf({ pools: [on, on], devices, model: 'activations: [{ kib: 1023.9 }]' })
    memory.load(0, 0, random)
    memory.start(10, batch(0, 1))
    // 1,048,474 requested bytes in a chunk of 1,048,576
    expect(memory.spaces()[0]!.internal).toBeCloseTo(1 - 1_048_474 / MIB, 9)
  })

  test('pinned models are loaded at the start', () => {
    const pinned = 'memory: { allocator: bfc, device: card, pinned: true }'
    const memory = memoryOf({ pools: [pinned, on], devices })
    expect(memory.start(0, batch(0, 1))).toBe(true)
    expect(() => memory.start(0, batch(1, 1))).toThrow(/resident/)
  })
})
