import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../../scenarios/index.ts'
import {
  loadOf,
  type ObservedRun,
  resolveSystem,
  runReplication,
} from '../../sim/experiment/index.ts'
import { Rows } from '../../sim/stats/index.ts'
import type { RequestList } from '../../sim/traffic/index.ts'
import type { ModelProfile, Profile } from '../../sim/world/index.ts'
import { madeUpProfile } from '../../test/profiles.ts'
import { type Prepared, prepare } from './prepare.ts'
import { requestsOf } from './requests.ts'
import { whatIfInputs } from './what-if-inputs.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-prepare-'))

/** A scenario of these pools of two models, `small` and `large`. */
function prepared(name: string, pools: string): Promise<Prepared> {
  const path = join(folder, `${name}.yaml`)
  writeFileSync(
    path,
    `spillway: 1
name: ${name}
duration_s: 1
models:
  small: { builtin: mlp, layers: 1, width: 8 }
  large: { builtin: mlp, layers: 2, width: 8 }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 10 } }]
pools: ${pools}
`,
  )
  return prepare(path, {})
}

type Side = { readonly prepared: Prepared; readonly requests: RequestList }

const sideOf = async (prepared: Prepared): Promise<Side> => ({
  prepared,
  requests: await requestsOf(prepared, null),
})

/** Both sides as one profile and the replays of the first predict them. */
function inputsOf([a, b]: readonly [Side, Side], profile: Profile, runs: readonly ObservedRun[]) {
  const resolved = ({ prepared, requests }: Side) => ({
    system: resolveSystem(prepared, profile),
    requests,
  })
  return whatIfInputs([resolved(a), resolved(b)], runs)
}

/** A run in which batches of one request take 2 ms, one after another on executor 0. */
function replayed(): ObservedRun {
  const rows = Rows.allocate(50)
  const c = rows.columns
  for (let key = 0; key < rows.count; key++) {
    c.at[key] = c.sent[key] = c.dispatched[key] = c.started[key] = 10 * key
    c.ended[key] = c.done[key] = 10 * key + 2
    c.executor[key] = 0
    c.batch[key] = key
    c.batchSize[key] = c.padded[key] = 1
  }
  return { rows, timers: [] }
}

const first = await prepared('first', '[{ name: central, model: small }]')
const second = await prepared(
  'second',
  '[{ name: added, model: large }, { name: central, model: large, replicas: 2 }]',
)
const sides = [await sideOf(first), await sideOf(second)] as const

describe('both sides of a what-if', () => {
  const [small, large] = ['small', 'large'].map((model): ModelProfile => {
    const pool = { ...first.scenario.pools[0]!, model }
    const [own] = madeUpProfile({ ...first.scenario, pools: [pool] }).models
    if (model === 'small') return own!
    // made-up models are alike; this one differs in all that a profile holds
    const ms = own!.work.ms.map((row) => row.map((time) => 3 * time))
    const wake = { gapMs: [0, 10], ms: [0, 0.07] }
    return { ...own!, work: { ...own!.work, ms }, wake }
  }) as [ModelProfile, ModelProfile]
  const profile: Profile = { ...madeUpProfile(first.scenario), models: [small, large] }
  const runs = [replayed(), replayed()]
  const [a, b] = inputsOf(sides, profile, runs)
  const [added, central] = b.models as [ModelProfile, ModelProfile]

  test('are separate scenarios with separate requests', () => {
    expect([a.scenario, b.scenario]).toEqual([first.scenario, second.scenario])
    expect(a.requests).toBe(sides[0].requests)
    expect(b.requests).toBe(sides[1].requests)
  })

  test('have on the first side the machine of its replays', () => {
    expect(a.models).toHaveLength(1)
    const [model] = a.models as [ModelProfile]
    const { fields, overheads, variation } = small
    expect({ ...model, fields, overheads, variation }).toEqual(small)
    expect(model.overheads).not.toEqual(overheads)
    expect(model.fields).toHaveLength(runs.length)
    // all batches have work of about 1.06 ms and took 2
    for (const speed of model.fields[0]!.executors[0]!.speeds) expect(speed).toBeCloseTo(0.53, 2)
  })

  test('have on the second side the same machine in the pool of the same name, but separate work', () => {
    const [model] = a.models as [ModelProfile]
    expect(central).toEqual({ ...model, work: large.work })
    expect(central.work).not.toEqual(model.work)
  })

  test('use the profile for a pool that the first side does not have', () => {
    expect(added).toEqual(large)
  })

  test('use calibrated fields for another number of replicas', () => {
    const two = small.fields.map((field) => ({
      ...field,
      executors: [...field.executors, ...field.executors],
    }))
    const known = { ...small, fields: [...small.fields, ...two] }
    const inputs = inputsOf(sides, { ...profile, models: [known, large] }, runs)
    const { fields } = inputs[1].models[1]!
    expect(fields).toHaveLength(two.length)
    expect(fields[0]!.executors).toHaveLength(2)
    expect(fields[0]!.executors[0]!.times).toEqual(two[0]!.executors[0]!.times)
  })

  test.each([
    ['the same where it has another queue', 'central', true],
    ['that of the profile where it has another name', 'other', false],
  ])(
    'have in a pool with the model of the first side a machine that is %s',
    async (_, name, same) => {
      const pool = `[{ name: ${name}, model: small, queue: { max_length: 9 } }]`
      const other = await sideOf(await prepared(name, pool))
      const [, { models }] = inputsOf([sides[0], other], profile, runs)
      expect(models).toEqual(same ? a.models : [small])
    },
  )
})

test('a profile belongs to the content of a model file, not to its name', async () => {
  const path = join(folder, 'own.yaml')
  const input = '{ x: { type: float32, shape: [batch, 8], fill: normal } }'
  writeFileSync(
    path,
    `spillway: 1
name: own
duration_s: 1
models: { own: { onnx: own.onnx, inputs: ${input} } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 10 } }]
pools: [{ name: central, model: own }]
`,
  )
  writeFileSync(join(folder, 'own.onnx'), 'one')
  const known = await prepare(path, {})
  const made = madeUpProfile(known.scenario)
  const profile = {
    ...made,
    models: made.models.map((model) => ({ ...model, content: known.contents[0] as string })),
  }
  expect(resolveSystem(known, profile).models).toEqual(profile.models)
  const refused = async () => {
    const input = await prepare(path, {})
    try {
      return resolveSystem(input, profile)
    } catch (error) {
      return error
    }
  }
  writeFileSync(join(folder, 'own.onnx'), 'two')
  expect(await refused()).toMatchObject({
    exitCode: EXIT.notComparable,
    message: expect.stringMatching(/pools.central: .* has another own.onnx .*: spillway calibrate/),
  })
  rmSync(join(folder, 'own.onnx'))
  expect(await refused()).toMatchObject({
    exitCode: EXIT.invalidInput,
    message: expect.stringContaining(`got nothing at ${join(folder, 'own.onnx')}`),
  })
})

test('a profile without memory measurements that a pool needs is refused by name', async () => {
  const known = await prepared(
    'known',
    '[{ name: central, model: small, memory: { allocator: bfc } }]',
  )
  const profile = madeUpProfile(known.scenario)
  const [model] = profile.models
  expect(() => resolveSystem(known, profile)).toThrow(
    /known.yaml pools.central: the profile .* has no memory measurements of mlp 1x8 .* Run: spillway calibrate/,
  )
  const memory = { weights: [1], steps: [], inputs: [] }
  const models = [{ ...model!, memory }]
  expect(resolveSystem(known, { ...profile, models }).models[0]!.memory).toEqual(memory)
})

describe('with model swapping', () => {
  async function residing(residency: string, pinned: string) {
    const path = join(folder, 'residing.yaml')
    const own = 'work: { law: constant, ms: 4 }, memory: { parameters_millions: 25 }'
    writeFileSync(
      path,
      `spillway: 1
name: residing
duration_s: 20
models: { one: { ${own} }, two: { ${own} } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 10 } }]
devices: [{ name: card, limit_mib: 200${residency} }]
pools:
  - { name: a, model: one, memory: { allocator: bfc, device: card } }
  - { name: b, model: two, memory: { allocator: bfc, device: card${pinned} } }
`,
    )
    const loaded = await prepare(path, {})
    const system = resolveSystem(loaded, null)
    return { capacities: system.capacitiesRps, load: loadOf(10, system) }
  }
  const residency = ', residency: { eviction: lru, gib_per_s: 10 }'

  test('only pools without swapping have a capacity, so there is no load', async () => {
    expect(await residing(residency, '')).toEqual({ capacities: [null, null], load: null })
    const pinned = await residing(residency, ', pinned: true')
    expect(pinned).toEqual({ capacities: [null, 250], load: null })
    expect(await residing('', '')).toEqual({ capacities: [250, 250], load: 10 / 500 })
  })
})

describe('if classes name a model', () => {
  async function asking(
    rates: readonly [number, number],
    models: readonly [string, string],
    unit: 'rate_rps' | 'load' = 'rate_rps',
  ) {
    const path = join(folder, 'asking.yaml')
    writeFileSync(
      path,
      `spillway: 1
name: asking
duration_s: 20
models:
  one: { work: { law: linear, base_ms: 1, per_token_ms: 0.1 } }
  two: { work: { law: linear, base_ms: 1, per_token_ms: 0.1 } }
traffic:
  - class: short
    ${models[0]}
    arrivals: { process: poisson, ${unit}: ${rates[0]} }
    input_tokens: { distribution: fixed, value: 10 }
  - class: long
    ${models[1]}
    arrivals: { process: poisson, ${unit}: ${rates[1]} }
    input_tokens: { distribution: fixed, value: 90 }
    fan_out: 2
pools:
  - { name: a, model: one, replicas: 2, queue: { mode: per-replica } }
  - { name: b, model: two, replicas: 2, queue: { mode: per-replica } }
`,
    )
    return resolveSystem(await prepare(path, {}), null)
  }

  test('pools have the lengths of their own classes alone', async () => {
    const { lengths } = await asking([10, 10], ['model: one', 'model: two'])
    expect(lengths.map(({ min, max }) => [min, max])).toEqual([
      [10, 10],
      [90, 90],
    ])
    const { lengths: all } = await asking([10, 10], ['', ''])
    expect(all.map(({ min, max }) => [min, max])).toEqual([
      [10, 90],
      [10, 90],
    ])
  })

  test('capacity is the rate at which the first pool is full', async () => {
    // 2 ms and 10 ms a part on two replicas each: 1000 and 200 parts/s
    const models = ['model: one', 'model: two'] as const
    const { capacitiesRps, capacityRps } = await asking([60, 20], models)
    expect(capacitiesRps).toEqual([expect.closeTo(1000, 6), expect.closeTo(200, 6)])
    // 40 parts of 100 are long
    expect(capacityRps).toBeCloseTo(200 / 0.4, 6)
    expect((await asking([190, 5], models)).capacityRps).toBeCloseTo(1000 / 0.95, 6)
  })
  test('a total load below 1 is served in time, one above 1 is not', async () => {
    const drainMs = async (load: number) => {
      const loads = [0.6 * load, 0.4 * load] as const
      const input = await asking(loads, ['model: one', 'model: two'], 'load')
      return runReplication(input, 0).observedMs - 20_000
    }
    expect(await drainMs(0.9)).toBeLessThan(500)
    expect(await drainMs(1.1)).toBeGreaterThan(1000)
  })
})
