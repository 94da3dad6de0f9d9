import { describe, expect, test } from 'vitest'
import { memoryResult, simulationInput } from '../../sim/experiment/index.ts'
import { OUTCOME } from '../../sim/serving/index.ts'
import { type ModelMove, Rows } from '../../sim/stats/index.ts'
import { scenarioOf } from '../../test/scenarios.ts'
import { residentSpaces } from './resident-spaces.ts'

const scenario = scenarioOf(
  `spillway: 1
name: spaces
seed: 1
duration_s: 10
models:
  small: { work: { law: constant, ms: 1 }, memory: { parameters_millions: 1.048576, activations: [{ per_item_kib: 1024 }] } }
  large: { work: { law: constant, ms: 1 }, memory: { parameters_millions: 2.097152, activations: [{ per_item_kib: 1024 }] } }
traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 10 } }
devices:
  - { name: card, limit_mib: 13, residency: { eviction: lru, gib_per_s: 1 } }
pools:
  - { name: smalls, model: small, memory: { allocator: bfc, device: card } }
  - { name: larges, model: large, memory: { allocator: bfc, device: card } }
`,
)
const { plan } = simulationInput(scenario)

const move = (kind: ModelMove['kind'], executor: number, asked: number, ok = true): ModelMove => ({
  kind,
  executor,
  asked,
  ok,
  started: asked + 1,
  ended: asked + 5,
  done: asked + 6,
})

/** Requests that are batches of one: [executor, sent, dispatched]; each takes 10 ms. */
function rowsOf(batches: readonly (readonly [number, number, number])[]): Rows {
  const rows = Rows.allocate(batches.length)
  const c = rows.columns
  for (const [key, [executor, sent, dispatched]] of batches.entries()) {
    const [started, done] = [dispatched, dispatched + 10]
    const row = { executor, sent, dispatched, started, done, ended: done, batch: key, batchSize: 1 }
    for (const [name, value] of Object.entries(row)) c[name as keyof typeof row][key] = value
    c.padded[key] = 1
    c.outcome[key] = OUTCOME.served
  }
  return rows
}

const spaceOf = (rows: Rows, moves: readonly ModelMove[]) => {
  const run = { rows, timers: [], moves }
  return memoryResult([residentSpaces({ scenario, plan, run })])[0]!
}

describe('a device with model swapping', () => {
  const rows = rowsOf([
    [0, 50, 110],
    [0, 115, 120],
    [1, 130, 160],
  ])
  const moves = [move('load', 0, 100), move('unload', 0, 140), move('load', 1, 150)]
  const space = spaceOf(rows, moves)

  test('counts loaded models and running batches, and no unloaded model', () => {
    // the larger model and its batch
    expect(space.peak_requested_mib.value).toBe(9)
    expect(space.peak_held_mib.value).toBe(9)
    expect([space.weights_mib, space.limit_mib]).toEqual([12, 13])
    const together = spaceOf(rows, [move('load', 0, 100), move('load', 1, 150)])
    expect(together.peak_requested_mib.value).toBe(13)
  })

  test('counts loads, evictions and requests that waited for loads', () => {
    const { loads, evictions, cold_share: cold, pools } = space.residency!
    expect([loads.value, evictions.value]).toEqual([2, 1])
    expect([cold.value, cold.n]).toEqual([2 / 3, 3])
    expect(pools.map(({ pool, load_ms }) => [pool, load_ms.value])).toEqual([
      ['smalls', 6],
      ['larges', 6],
    ])
  })

  test('has null for figures that are unknown', () => {
    const { extensions, internal_fragmentation: internal, external_fragmentation: external } = space
    expect([extensions.value, internal.value, external.value]).toEqual([null, null, null])
    expect(space.largest_free_mib?.value).toBe(null)
  })

  test('does not count a load that ran out of memory', () => {
    const failed = spaceOf(rows, [move('load', 1, 90, false), ...moves])
    expect(failed.residency!.loads.value).toBe(2)
    expect(failed.peak_requested_mib.value).toBe(9)
  })

  test('counts split and failed batches of its executors only', () => {
    const short = rowsOf([
      [0, 50, 110],
      [0, 51, 110],
      [1, 130, 160],
    ])
    short.columns.outcome[2] = OUTCOME.failed
    expect(spaceOf(short, moves).remedies).toMatchObject({ split: 1, failed: 1 })
    short.columns.executor.fill(2)
    expect(spaceOf(short, moves).remedies).toMatchObject({ split: 0, failed: 0 })
  })
})
