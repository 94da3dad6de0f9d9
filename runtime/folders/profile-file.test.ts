import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EXIT, Failure } from '../../scenarios/index.ts'
import type { ModelProfile, Profile } from '../../sim/world/index.ts'
import { executorField, madeUpProfile } from '../../test/profiles.ts'
import { loadProfile, mergeProfiles, profileHash } from './profile-file.ts'
import { SHIPPED_PROFILES, shippedProfilePath } from './profile-paths.ts'

const TINY = `spillway: 1
name: tiny
duration_s: 1
models: { mlp: { builtin: mlp, layers: 2, width: 64 } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 10 } }]
pools: [{ name: central, model: mlp }]
`

const folder = () => mkdtempSync(join(tmpdir(), 'spillway-profile-'))

describe('profiles', () => {
  const host = {
    cpu: 'one',
    cores: 2,
    memory_gib: 8,
    platform: 'p',
    node: 'n',
    onnxruntime: 'o',
    adapter: null,
  }
  const model = (key: string, label: string) => ({ key, label }) as ModelProfile
  const profile = (models: ModelProfile[], cpu = 'one'): Profile => ({
    document: 'spillway-profile',
    format: 2,
    name: cpu,
    version: '0',
    host: { ...host, cpu },
    models,
  })

  test('of this machine are merged: new measurements replace old ones', () => {
    const old = profile([model('a', 'old a'), model('b', 'old b')])
    const merged = mergeProfiles(profile([model('b', 'new b'), model('c', 'new c')]), old)
    expect(merged.models.map(({ label }) => label)).toEqual(['old a', 'new b', 'new c'])
  })

  test('keep the memory plan of an unchanged file if it was not measured again', () => {
    const plan = { weights: [1], steps: [], inputs: [] }
    const of = (content: string, memory: ModelProfile['memory']) =>
      profile([{ ...model('a', 'a'), content, memory }])
    const kept = (fresh: Profile) => mergeProfiles(fresh, of('x', plan)).models[0]!.memory
    expect(kept(of('x', null))).toEqual(plan)
    expect(kept(of('y', null))).toBe(null)
    expect(kept(of('x', { ...plan, weights: [2] }))).toMatchObject({ weights: [2] })
  })

  test('of another machine, or without a host, are dropped', () => {
    const fresh = profile([model('b', 'new b')])
    expect(mergeProfiles(fresh, null)).toEqual(fresh)
    expect(mergeProfiles(fresh, profile([model('a', 'old a')], 'other'))).toEqual(fresh)
  })

  test('have a hash over their figures, and not over their host', () => {
    const original = profile([model('a', 'a')])
    expect(profileHash({ ...original, host: { ...host, cores: 64 } })).toBe(profileHash(original))
    expect(profileHash({ ...original, models: [model('a', 'b')] })).not.toBe(profileHash(original))
  })

  test('that are invalid are an input error', async () => {
    const path = join(folder(), 'profile.json')
    await expect(loadProfile(path)).rejects.toThrow(`${path}: no such file`)
    writeFileSync(path, '{')
    await expect(loadProfile(path)).rejects.toThrow(`${path}: not JSON`)
    writeFileSync(path, '{"document":"spillway-result"}')
    await expect(loadProfile(path)).rejects.toThrow(
      / document: .*\n.*: not a profile of this version/,
    )
    for (const text of ['{', '{}']) {
      writeFileSync(path, text)
      await expect(loadProfile(path)).rejects.toBeInstanceOf(Failure)
    }
  })

  const made = madeUpProfile(TINY)
  const firstModel = made.models[0]!
  const { work, wake, overheads } = firstModel
  const fields = (change: object) => ({
    fields: firstModel.fields.map((field) => ({ ...field, ...change })),
  })
  const executorWith = (change: object) =>
    fields({ executors: [{ ...executorField([1]), ...change }] })
  const plan = { weights: [1], steps: [{ free: 0 }], inputs: [] }
  const region = { fromSize: 1, toSize: 4, fromLength: 1, toLength: 1, error: 0.02 }
  const occasion = { calibration: 'monday', speeds: [1], idle: 1 }
  const widths = (change: object) => ({
    widths: { regions: [region], occasions: [occasion], levels: [[1, 0.9]], ...change },
  })

  const profileWidths = widths({}).widths

  test('have widths, or none as those of earlier versions', async () => {
    const path = join(folder(), 'profile.json')
    for (const change of [{}, widths({}), widths({ levels: [] })]) {
      writeFileSync(path, JSON.stringify({ ...made, models: [{ ...firstModel, ...change }] }))
      const [model] = (await loadProfile(path)).models
      expect(model).toEqual({ ...firstModel, ...change })
      expect('widths' in model!).toBe('widths' in change)
    }
  })

  test('keep the occasions of earlier calibrations of an unchanged file', () => {
    const of = (calibration: string, content: string): Profile => {
      const { occasions, ...others } = profileWidths
      const again = occasions.map((each) => ({ ...each, calibration }))
      const model = { ...firstModel, content, widths: { ...others, occasions: again } }
      return { ...made, models: [model] }
    }
    const calibrationsIn = (profile: Profile) =>
      profile.models[0]!.widths!.occasions.map(({ calibration }) => calibration)
    const merged = mergeProfiles(of('tuesday', 'x'), of('monday', 'x'))
    expect(calibrationsIn(merged)).toEqual(['monday', 'tuesday'])
    expect(calibrationsIn(mergeProfiles(of('tuesday', 'x'), of('monday', 'y')))).toEqual([
      'tuesday',
    ])
    // kept again, as after an interrupted rehearsal
    expect(calibrationsIn(mergeProfiles(merged, merged))).toEqual(['monday', 'tuesday'])
  })

  test.each([
    [widths({ regions: [] }), 'widths.regions: '],
    [
      widths({ regions: [{ ...region, fromSize: 8 }] }),
      'widths.regions[0].toSize: expected at least 8 as fromSize, got 4',
    ],
    [widths({ regions: [{ ...region, error: -1 }] }), 'widths.regions[0].error: '],
    [widths({ occasions: [] }), 'widths.occasions: '],
    [
      widths({ occasions: [occasion, { ...occasion, speeds: [1, 1] }] }),
      'widths.occasions[1].speeds: expected 1 entries, as many as regions, got 2',
    ],
    [widths({ occasions: [{ ...occasion, speeds: [0] }] }), 'widths.occasions[0].speeds[0]: '],
    [widths({ occasions: [{ ...occasion, speeds: [1e9] }] }), 'widths.occasions[0].speeds[0]: '],
    [widths({ occasions: [{ ...occasion, idle: -1 }] }), 'widths.occasions[0].idle: '],
    [widths({ occasions: [{ ...occasion, idle: 1e9 }] }), 'widths.occasions[0].idle: '],
    [widths({ occasions: Array(1001).fill(occasion) }), 'widths.occasions: '],
    [widths({ levels: [[]] }), 'widths.levels[0]: '],
    [widths({ levels: [[1e-9]] }), 'widths.levels[0][0]: '],
    [{ widths: { ...profileWidths, more: 1 } }, 'widths'],

    [{ work: { ...work, ms: work.ms.slice(1) } }, 'work.ms: expected 3 entries, as many as sizes'],
    [{ work: { ...work, ms: [[0], [1]] } }, 'work.ms[0][0]: '],
    [
      { work: { ...work, ms: [[1, 2], [1], [1]] } },
      'work.ms[0]: expected 1 entries, as many as lengths',
    ],
    [{ work: { ...work, sizes: [4, 1] } }, 'work.sizes[1]: expected a value above the one before'],
    [{ work: { ...work, sizes: [] } }, 'work.sizes: '],
    [{ wake: { ...wake, ms: [0, -0.1] } }, 'wake.ms[1]: '],
    [{ wake: { ...wake, ms: [0] } }, 'wake.ms: expected 2 entries, as many as gapMs, got 1'],
    [{ overheads: { ...overheads, lag: [-1, 0] } }, 'overheads.lag[0]: '],
    [{ overheads: { ...overheads, lag: [1, 0] } }, 'overheads.lag[1]: expected a value at least'],
    [{ overheads: { ...overheads, dispatch: [] } }, 'overheads.dispatch: '],
    [fields({ executors: [] }), 'fields[0].executors: '],
    [fields({ executors: [executorField([-1])] }), 'fields[0].executors[0].speeds[0]: '],
    [
      fields({ executors: [{ ...executorField([1]), times: [0, 1] }] }),
      'executors[0].speeds: expected 2 ent',
    ],
    [fields({ executors: [executorField([0])] }), 'fields[0].executors[0].speeds[0]: '],
    // a simulation would meet these stalls for ever
    [
      executorWith({ stalls: { from: [1], to: [2] }, busyMs: 0 }),
      'executors[0].busyMs: expected at least 0.0001 for its stalls, got 0',
    ],
    [
      executorWith({ stalls: { from: [1], to: [1e6] }, busyMs: 0.9 }),
      'executors[0].busyMs: expected at least 0.999999 for its stalls, got 0.9',
    ],
    [
      executorWith({ lateStarts: { from: [1], to: [2] }, idleStarts: 0 }),
      'executors[0].idleStarts: expected at least 1 for its late starts, got 0',
    ],
    [
      fields({ intake: { from: [2], to: [1] } }),
      'fields[0].intake.to[0]: expected at least from[0], 2',
    ],
    [fields({ intake: { from: [0, 1], to: [2, 3] } }), 'fields[0].intake.to[0]: expected at least'],
    [fields({ intake: { from: [2], to: [] } }), 'fields[0].intake.to: expected 1 entries'],
    [fields({ durationMs: 0 }), 'fields[0].durationMs: '],
    [{ memory: plan }, 'memory.steps[0].free: expected the number of a buffer that was taken'],
  ])('with impossible figures are refused with their paths: %o', async (change, place) => {
    const path = join(folder(), 'wrong.json')
    writeFileSync(path, JSON.stringify({ ...made, models: [{ ...firstModel, ...change }] }))
    const error = (await loadProfile(path).catch((thrown) => thrown)) as Failure
    expect(error).toMatchObject({ exitCode: EXIT.invalidInput })
    expect(error.problems[0]).toContain(place)
    expect(error.problems[0]).toContain(`${path} models[0].`)
  })

  test('name the first twenty problems and count the others', async () => {
    const path = join(folder(), 'wrong.json')
    const lag = Array.from({ length: 100 }, () => -1)
    const models = [{ ...firstModel, overheads: { ...overheads, lag } }]
    writeFileSync(path, JSON.stringify({ ...made, models }))
    const error = (await loadProfile(path).catch((thrown) => thrown)) as Failure
    expect(error.problems).toHaveLength(22)
    expect(error.problems[20]).toContain('… and 80 more')
  })

  test.each(SHIPPED_PROFILES)('the package includes the profile %s', async (name) => {
    const shipped = await loadProfile(shippedProfilePath(name))
    expect(shipped.models.length).toBeGreaterThan(0)
  })
})
