import { describe, expect, test } from 'vitest'
import { modelKey, parseScenario } from '../../scenarios/index.ts'
import type { ObservedRun } from '../../sim/experiment/index.ts'
import { Rows } from '../../sim/stats/index.ts'
import type { ModelProfile, RecordedField } from '../../sim/world/index.ts'
import { executorField } from '../../test/profiles.ts'
import { scenarioOf } from '../../test/scenarios.ts'
import { fieldsFor, learn } from './learn.ts'

/** Pools of an executor, of two, and of one that has the first one's model. */
const scenario = scenarioOf(`spillway: 1
name: three
duration_s: 1
models:
  small: { builtin: mlp, layers: 1, width: 8 }
  large: { builtin: mlp, layers: 2, width: 8 }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 10 } }]
pools:
  - { name: one, model: small }
  - { name: two, model: large, replicas: 2 }
  - { name: three, model: small }
`)
const keys = scenario.pools.map((pool) => modelKey(scenario, pool))
const WORK_MS = 1

const steady = (speeds: readonly number[], load = 0.5): RecordedField => ({
  load,
  durationMs: 1000,
  disturbed: false,
  executors: speeds.map((speed) => executorField([speed])),
  dispatcher: { from: [10], to: [11] },
  intake: { from: [10], to: [12] },
})

const modelOf = (key: string, fields: readonly RecordedField[] = [steady([1])]): ModelProfile => ({
  key,
  label: `model ${key}`,
  content: 'none',
  occasion: 'made up',
  memory: null,
  work: { sizes: [1], lengths: [1], ms: [[WORK_MS]], error: [[0]] },
  variation: [],
  wake: { gapMs: [0], ms: [0] },
  overheads: {
    lag: [0.01],
    timer: [0.02],
    completion: [{ atMs: 0, table: [0.03] }],
    dispatch: [{ atMs: 0, table: [0.04] }],
  },
  fields: [...fields],
})

/** Batches of one request in turn on executors of these speeds, one every 5 ms. */
function runAt(speeds: readonly number[]): ObservedRun {
  const rows = Rows.allocate(20 * speeds.length)
  const c = rows.columns
  for (let key = 0; key < rows.count; key++) {
    const executor = key % speeds.length
    c.at[key] = c.sent[key] = c.dispatched[key] = c.started[key] = 5 * key
    c.ended[key] = c.done[key] = 5 * key + WORK_MS / speeds[executor]!
    c.executor[key] = executor
    c.batch[key] = key
    c.batchSize[key] = c.padded[key] = 1
  }
  return { rows, timers: [] }
}

const SPEEDS = [0.8, 0.9, 1, 1.1]
const speedsOf = ({ executors }: RecordedField) =>
  executors.map(({ speeds }) => [...new Set(speeds)])
const fieldsOf = (models: readonly ModelProfile[], key: string) =>
  models.find((model) => model.key === key)!.fields

describe('models updated from replays', () => {
  const small = modelOf(keys[0]!)
  const large = modelOf(keys[1]!, [steady([1, 1])])
  const idle = modelOf('of no pool')
  const known = [idle, small, large]
  const replayed = { scenario, load: 0.7, runs: [runAt(SPEEDS)] }
  const models = learn(known, [replayed])

  test('the scenario has two models in three pools', () => {
    expect(keys[0]).toBe(keys[2])
    expect(keys[1]).not.toBe(keys[0])
  })

  test('have new fields and overheads, and are otherwise unchanged, in the same order', () => {
    const otherwise = models.map((model, i) => {
      const { fields, overheads, variation } = known[i]!
      return { ...model, fields, overheads, variation }
    })
    expect(otherwise).toEqual(known)
    for (const model of [small, large]) {
      expect(fieldsOf(models, model.key)).not.toEqual(model.fields)
      expect(models.find(({ key }) => key === model.key)!.variation).not.toEqual([])
    }
  })

  test('have the overheads of their own pools, and calibrated ones for conditions without a replay', () => {
    const run = runAt(SPEEDS)
    const c = run.rows.columns
    for (let key = 0; key < run.rows.count; key++) {
      c.sent[key] = c.at[key]! + 0.002
      c.dispatched[key] = c.sent[key]!
      c.started[key] = c.dispatched[key]! + 0.01 * (1 + c.executor[key]!)
      c.ended[key] = c.started[key]! + WORK_MS
      c.done[key] = c.ended[key]! + 0.005
    }
    const calibrated = { atMs: 0.1, table: [0.07] }
    const rare = { ...large, overheads: { ...large.overheads, dispatch: [calibrated] } }
    const [, own, other] = learn([idle, small, rare], [{ ...replayed, runs: [run] }])
    const middle = (table: readonly number[]) => table[table.length >> 1]!
    for (const { overheads } of [own!, other!]) {
      expect(middle(overheads.lag)).toBeCloseTo(0.002, 9)
      // no timer in this run
      expect(overheads.timer).toEqual([0.02])
      expect(overheads.completion.map(({ table }) => middle(table)).at(-1)).toBeCloseTo(0.005, 9)
    }
    // executors 0 and 3, and 1 and 2
    const dispatch = own!.overheads.dispatch.at(-1)!.table
    expect([dispatch[0], dispatch.at(-1)]).toEqual([expect.closeTo(0.01), expect.closeTo(0.04)])
    const met = other!.overheads.dispatch.at(-1)!.table
    expect([met[0], met.at(-1)]).toEqual([expect.closeTo(0.02), expect.closeTo(0.03)])
    // executors of this run always idle for longer
    expect(other!.overheads.dispatch[0]).toBe(calibrated)
  })

  test('are unchanged if no replay ran them', () => {
    expect(models[0]).toBe(idle)
    expect(learn(known, [])).toEqual(known)
    expect(learn(known, [{ ...replayed, runs: [] }])).toEqual(known)
  })

  test('keep calibrated fields for numbers of replicas that no replay had', () => {
    const others = [steady([1, 1, 1]), steady([1], 0.2)]
    const more = { ...large, fields: [others[0]!, ...large.fields, others[1]!] }
    const { fields } = learn([small, more], [replayed])[1]!
    expect(fields).toEqual([...fieldsOf(models, large.key), ...others])
  })

  test('take of each run the executors of their own pools, and its dispatcher', () => {
    expect(fieldsOf(models, large.key).map(speedsOf)).toEqual([[[0.9], [1]]])
    expect(fieldsOf(models, small.key).map(speedsOf)).toEqual([[[0.8]], [[1.1]]])
    for (const { load, durationMs, dispatcher } of fieldsOf(models, large.key)) {
      expect({ load, durationMs }).toEqual({ load: 0.7, durationMs: 1000 })
      expect(dispatcher).toEqual({ from: [], to: [] })
    }
  })

  test('have the control time of their own executors; none where it was not timed', () => {
    const control = [1, 2, 4].map((ms, i) => ({ at: 300 * i, ms: SPEEDS.map((_, j) => ms + j) }))
    const timed = learn(known, [{ ...replayed, runs: [{ ...runAt(SPEEDS), control }] }])
    const times = (of: readonly ModelProfile[], key: string) =>
      fieldsOf(of, key).map(({ controlMs }) => controlMs)
    // medians over three starts of executors 0 and 3, and of 1 and 2
    expect(times(timed, small.key)).toEqual([2, 5])
    expect(times(timed, large.key)).toEqual([3.5])
    expect(times(models, large.key)).toEqual([undefined])
    expect(Object.keys(fieldsOf(models, large.key)[0]!)).not.toContain('controlMs')
  })

  test('have a field for each run of each scenario, in their order', () => {
    const later = parseScenario(
      `spillway: 1
name: later
duration_s: 2
models: { renamed: { builtin: mlp, layers: 2, width: 8 } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 10 } }]
pools: [{ name: other, model: renamed }]
`,
      { file: 'later.yaml' },
    )
    const runs = [runAt([0.85]), runAt([0.95])]
    const both = learn(known, [replayed, { scenario: later.scenario, load: 0.3, runs }])
    const fields = fieldsOf(both, large.key)
    expect(fields.map(speedsOf)).toEqual([[[0.9], [1]], [[0.85]], [[0.95]]])
    expect(fields.map(({ load, durationMs }) => [load, durationMs])).toEqual([
      [0.7, 1000],
      [0.3, 2000],
      [0.3, 2000],
    ])
    expect(fieldsOf(both, small.key)).toEqual(fieldsOf(models, small.key))
  })

  test('measure speed against their own work', () => {
    const twice = { ...large, work: { ...large.work, ms: [[2 * WORK_MS]] } }
    const fields = fieldsOf(learn([small, twice], [replayed]), large.key)
    expect(fields.map(speedsOf)).toEqual([[[1.8], [2]]])
  })

  test('have the levels of their replays, by scenario, where they have widths', () => {
    const widths = {
      regions: [{ fromSize: 1, toSize: 1, fromLength: 1, toLength: 1, error: null }],
      occasions: [{ calibration: 'made up', speeds: [1], idle: null }],
      levels: [[0.5]],
    }
    const monday = { ...replayed, runs: [runAt([0.7, 0.95, 0.95, 1])] }
    const tuesday = { ...replayed, runs: [runAt([0.7, 0.8, 0.8, 1]), runAt([0.7, 0.9, 0.9, 1])] }
    const learnt = learn([small, { ...large, widths }], [monday, tuesday])
    const { levels, ...others } = learnt[1]!.widths!
    expect(others).toEqual({ regions: widths.regions, occasions: widths.occasions })
    expect(levels).toEqual([[0.95], [0.8, 0.9]])
    expect('widths' in learnt[0]!).toBe(false)
  })

  test('must include every replayed model', () => {
    expect(() => learn([large], [replayed])).toThrow('every pool that was replayed')
  })
})

describe('fields for another number of replicas', () => {
  const calibrated = modelOf('m', [
    steady([1]),
    steady([0.9]),
    { ...steady([0.76, 0.57], 0.3), intake: { from: [1], to: [2] } },
  ])
  const recorded = modelOf('m', [steady([0.8]), steady([0.72])])

  /** In place of the one that was replayed. */
  function forReplicas(
    replicas: number,
    of: { recorded?: ModelProfile; calibrated?: ModelProfile; load?: number | null } = {},
  ): RecordedField[] {
    const { load = 0.3, ...models } = of
    return fieldsFor({ replicas, load }, { recorded, calibrated, replicas: 1, ...models })
  }

  test('are the replays’ own where the number is the same', () => {
    expect(forReplicas(1)).toBe(recorded.fields)
  })

  test('are those calibrated for that number, at the mean speed of the replays', () => {
    // 0.8 and 0.72 in place of 1 and 0.9, in the mean
    const [field, ...others] = forReplicas(2)
    expect(others).toEqual([])
    expect(field!.executors.map(({ speeds }) => speeds)).toEqual([
      [expect.closeTo(0.76 * 0.8, 9)],
      [expect.closeTo(0.57 * 0.8, 9)],
    ])
    expect({ ...field, executors: null }).toEqual({ ...calibrated.fields[2], executors: null })
  })

  test('are those calibrated at the nearest load', () => {
    const busy = steady([0.5, 0.5], 0.9)
    const several = modelOf('m', [...calibrated.fields, busy])
    const loads = [0.1, 0.5, 0.6, 1.2].map((load) =>
      forReplicas(2, { calibrated: several, load }).map((field) => field.load),
    )
    expect(loads).toEqual([[0.3], [0.3], [0.9], [0.9]])
  })

  test('are all calibrated ones if no load is known', () => {
    const several = modelOf('m', [...calibrated.fields, steady([0.5, 0.5], 0.9)])
    const loads = forReplicas(2, { calibrated: several, load: null }).map(({ load }) => load)
    expect(loads).toEqual([0.3, 0.9])
  })

  test('have the stalls of the calibration', () => {
    const stalls = { from: [100], to: [200] }
    const stalling = { ...executorField([0.5]), stalls }
    const still = modelOf('m', [
      steady([1]),
      { ...steady([1, 1]), executors: [stalling, stalling] },
    ])
    const [field] = forReplicas(2, { calibrated: still })
    const scaled = { ...stalling, speeds: [expect.closeTo(0.38, 9)] }
    expect(field!.executors).toEqual([scaled, scaled])
  })

  test('are the replays’ own where none were calibrated for it', () => {
    const alone = modelOf('m', [steady([1]), steady([0.9])])
    expect(forReplicas(2, { calibrated: alone })).toBe(recorded.fields)
  })

  test('have the mean speed of the changed pool, not of another pool of the same model', () => {
    const mixed = modelOf('m', [...recorded.fields, steady([0.2, 0.2, 0.2])])
    expect(forReplicas(2, { recorded: mixed })).toEqual(forReplicas(2))
  })
})
