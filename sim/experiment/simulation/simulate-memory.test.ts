import { expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { type SimulationInput, simulationInput } from '../system/simulation-input.ts'
import { runReplication } from './simulate.ts'

const DECLARED = `    memory:
      parameters_millions: 10
      input: { per_token_kib: 1 }
      activations: [{ per_token_kib: 16, lives: 2 }, { per_token_squared_kib: 0.1 }, { per_token_kib: 24 }]
      output: { per_item_kib: 2 }
`

/** Lengths from 8 to 512, so that buffers have many sizes. */
function inputOf(
  memory: string,
  set: { rate?: number; devices?: string; queue?: string; more?: string } = {},
): SimulationInput {
  const text = `spillway: 1
name: s
duration_s: 30
models:
  scorer:
    work: { law: linear, base_ms: 4, per_item_ms: 2, per_token_ms: 0.01 }
${memory === '' ? '' : DECLARED}traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: ${set.rate ?? 150} }
    input_tokens: { distribution: lognormal, median: 64, p99: 400, min: 8, max: 512 }
devices: ${set.devices ?? '[]'}
pools:
  - name: central
    model: scorer
    replicas: ${set.more === undefined ? 2 : 1}
    batching: { policy: dynamic, max_batch: 16, max_delay_ms: 5 }
    queue: { ${set.queue ?? ''} }
${memory === '' ? '' : `    memory: { ${memory} }`}
${set.more ?? ''}
`
  const scenario = scenarioOf(text)
  return simulationInput(scenario)
}

const ran = (memory: string, set: Parameters<typeof inputOf>[1] = {}) =>
  runReplication(inputOf(memory, set), 0)

test('memory without a limit changes only the memory figures of a result', () => {
  const { memory, ...free } = ran('')
  const { memory: spaces, ...others } = ran('allocator: bfc')
  expect(others).toEqual(free)
  expect(memory).toEqual([])
  expect(spaces.length).toBe(1)
  expect(spaces[0]).toMatchObject({ name: 'central', limitBytes: Number.POSITIVE_INFINITY })
  expect(spaces[0]!.peakInUse).toBeGreaterThan(spaces[0]!.peakRequested)
  expect(spaces[0]!.map.length).toBeGreaterThan(40)
})

test('it is the same in another thread, and maps are of the first replication only', () => {
  const input = inputOf('allocator: bfc, pattern: true, limit_mib: 300')
  const [first, second] = [runReplication(input, 0), runReplication(input, 1)]
  expect(runReplication(structuredClone(input), 0)).toEqual(first)
  expect(second.memory[0]!.map).toEqual([])
  expect(second.memory[0]!.peakHeld).not.toBe(first.memory[0]!.peakHeld)
})

test('on a card that is too small batches fail, and others are served', () => {
  const { memory, pools, classes } = ran('allocator: bfc, limit_mib: 120')
  const [space] = memory
  const { shortage, fragmentation, oversize, loads, shrunk, failed: lost } = space!.counts
  expect(shortage + fragmentation).toBeGreaterThan(0)
  expect(loads).toBe(0)
  // arenas shrink once for each batch, and then it fails
  expect(shrunk + lost).toBe(shortage + fragmentation + oversize)
  const { arrived, served, failed } = classes[0]!.counts
  expect(failed).toBeGreaterThan(0)
  expect(served).toBeGreaterThan(1000)
  expect(served + failed).toBe(arrived)
  expect(pools[0]!.counts).toEqual(classes[0]!.counts)
  expect(space!.peakHeld).toBeLessThanOrEqual(120 * 2 ** 20)
})

test('a request waited for the only load if and only if it arrived before its end', () => {
  const text = `spillway: 1
name: s
duration_s: 10
models:
  scorer: { work: { law: constant, ms: 1 }, memory: { parameters_millions: 100 } }
traffic:
  - { class: web, arrivals: { process: deterministic, rate_rps: 100 } }
devices: [{ name: card, limit_mib: 1000, residency: { eviction: lru, gib_per_s: 1, set_up_ms: 100 } }]
pools: [{ name: central, model: scorer, memory: { allocator: bfc, device: card } }]
`
  const scenario = scenarioOf(text)
  const input = simulationInput(scenario)
  const [space] = runReplication(input, 0).memory
  const loadMs = 100 + (1000 * 100e6 * 4) / 2 ** 30
  expect(space!.residency).toEqual({
    loads: 1,
    evictions: 0,
    pools: [{ pool: 'central', loads: 1, ms: loadMs }],
  })
  // one comes every 10 ms, the first of them starts the load
  expect(space!.cold!.part).toBe(Math.ceil(loadMs / 10))
  expect(space!.cold!.of).toBe(999)
})

test('a batch run in halves loses no request, and requests that wait for memory still time out', () => {
  const small = 'allocator: bfc, limit_mib: 120, out_of_memory'
  const halves = ran(`${small}: [split]`)
  const { counts } = halves.memory[0]!
  expect(counts.split).toBeGreaterThan(10)
  expect([counts.failed, halves.classes[0]!.counts.failed]).toEqual([0, 0])
  // halves are dispatched together and run one after the other: they occupy the executor once
  expect(halves.occupiedMs[0]).toBeCloseTo(halves.busyMs[0]!, 3)
  const shrunk = ran(`${small}: [shrink, split]`).memory[0]!.counts
  expect(shrunk.shrunk).toBeGreaterThan(10)
  const devices = '[{ name: card, limit_mib: 100 }]'
  const shared = 'allocator: bfc, device: card, out_of_memory: [shrink, split]'
  const {
    arrived,
    served,
    shed,
    timed_out: timedOut,
    failed,
  } = ran(shared, {
    devices,
    queue: 'timeout_ms: 15',
  }).classes[0]!.counts
  expect(timedOut).toBeGreaterThan(10)
  // a request that the ledger could never admit
  expect(shed).toBeGreaterThan(0)
  expect(served + shed + timedOut + failed).toBe(arrived)
})

test('model loads, evictions and cold starts are counted', () => {
  const devices =
    '[{ name: card, limit_mib: 75, residency: { eviction: lru, gib_per_s: 4, set_up_ms: 20 } }]'
  const on = 'allocator: bfc, device: card, out_of_memory: [shrink, split]'
  const more = `  - { name: other, model: scorer, memory: { ${on} } }
router: { policy: round-robin }`
  const { memory, classes } = ran(on, { devices, more, rate: 10 })
  const [card] = memory
  // there is room for one of them at a time
  const { loads, evictions } = card!.residency!
  expect(loads).toBeGreaterThan(20)
  expect(loads - evictions).toBeLessThanOrEqual(1)
  expect(card!.cold!.of).toBe(classes[0]!.counts.served)
  expect(card!.cold!.part).toBeGreaterThanOrEqual(loads - 1)
  expect(card!.cold!.part).toBeLessThan(card!.cold!.of)
})
