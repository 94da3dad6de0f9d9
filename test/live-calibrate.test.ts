import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { hashOf, type Scenario } from '../scenarios/index.ts'
import { resultSchema } from '../sim/documents/index.ts'
import { type Profile, profileSchema } from '../sim/world/index.ts'
import { changed, QUICK } from './scenarios.ts'
import { commandsIn, expectRefusal, put, readJson, temporaryFolder } from './spillway.ts'

/**
 * Measurements of a calibration, and figures that it learns from replays; nothing depends on speed.
 */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const REPLAYS = 2
/** The profile of `calibrate`, and a copy of the first one. */
const CACHED = 'cache/profile.json'
const CALIBRATED = 'calibrated.json'

put(folder, 'tiny.yaml', QUICK)
const SECOND = '  - { name: second, model: mlp, batching: { policy: fixed, batch: 6 } }\n'
put(folder, 'pools.yaml', QUICK.concat(SECOND))

const text = (name: string) => readFileSync(join(folder, name), 'utf8')
const profile = (name: string): Profile => profileSchema.parse(readJson(join(folder, name)))

beforeAll(async () => {
  const ended = await run('calibrate', 'tiny.yaml', '--seconds', '3')
  expect(ended.code, ended.stderr).toBe(0)
  cpSync(join(folder, CACHED), join(folder, CALIBRATED))
  // a change that takes no capacity: replays of an overload are not learnt from
  const change = ['--against-set', 'pools.central.batching.max_delay_ms=0.5']
  const args = [...change, '--replays', `${REPLAYS}`, '--out', 'out']
  const replayed = await run('replay', 'tiny.yaml', ...args)
  expect(replayed.code, replayed.stderr).toBe(0)
})

test('a model is calibrated for the largest batches of all pools that run it', async () => {
  const ended = await run('calibrate', 'pools.yaml', '--seconds', '1', '--out', 'pools')
  expect(ended.code, ended.stderr).toBe(0)
  // on a busy machine sizes between may be left out
  const sizesIn = (name: string) =>
    profile(name).models.map(({ work: { sizes } }) => [sizes[0], sizes.at(-1)])
  expect(sizesIn('pools/profile.json')).toEqual([[1, 6]])
  expect(sizesIn(CALIBRATED)).toEqual([[1, 4]])
})

test('occasions open the model anew, and a profile keeps how they differ', async () => {
  const calibrate = (...occasions: string[]) =>
    run(
      ...['calibrate', 'tiny.yaml', '--seconds', '2', '--rehearsals', '0', '--out', 'widths'],
      ...occasions,
    )
  const ended = await calibrate('--occasions', '2')
  expect(ended.code, ended.stderr).toBe(0)
  const [model] = profile('widths/profile.json').models
  const { occasions, regions, levels } = model!.widths!
  expect(occasions.map(({ calibration }) => calibration)).toEqual(Array(2).fill(model!.occasion))
  for (const { speeds } of occasions) expect(speeds).toHaveLength(regions.length)
  // no replay has been learnt from
  expect(levels).toEqual([])
  expect(ended.stdout).toMatch(/^ {2}speed +within .+ between 2 occasions$/m)
  // each load is recorded on one of them
  const loads = model!.fields.map(({ load }) => load).sort()
  expect(loads).toEqual([0.15, 0.35, 0.4, 0.5, 0.75, 0.9])
  const again = await calibrate('--occasions', '1')
  expect(again.code, again.stderr).toBe(0)
  expect(again.stdout).toMatch(/^ {2}speed +within .+ between 3 occasions of 2 calibrations$/m)
  expect(profile('widths/profile.json').models[0]!.widths!.occasions).toHaveLength(3)
  put(folder, 'unknown.yaml', `${QUICK}uncertain: { sources: included }\n`)
  const args = ['--profile', 'widths/profile.json', '--replications', '2']
  const simulated = await run('simulate', 'unknown.yaml', ...args)
  expect(simulated.code, simulated.stderr).toBe(0)
  expect(simulated.stdout).toMatch(/^speed of mlp, by its profile +1 /m)
})

test('of a day of traffic rehearses so much of it that the time asked for is enough', async () => {
  const day = changed(QUICK, ['duration_s: 1.5', 'duration_s: 86400'])
  put(folder, 'day.yaml', day)
  // a whole rehearsal would outlast any test
  const ended = await run('calibrate', 'day.yaml', '--seconds', '2', '--out', 'day')
  expect(ended.code, ended.stderr).toBe(0)
  const busyMs = profile('day/profile.json').models[0]!.fields.flatMap(({ executors }) =>
    executors.map((executor) => executor.busyMs),
  )
  expect(Math.max(...busyMs)).toBeGreaterThan(0)
})

describe('calibrate --from', () => {
  const learn = (...folders: string[]) =>
    run('calibrate', 'tiny.yaml', ...folders.flatMap((name) => ['--from', name]))
  const fresh = () => cpSync(join(folder, CALIBRATED), join(folder, CACHED))

  /** A copy of the first side with a changed scenario. */
  function altered(name: string, change: (scenario: Scenario) => unknown): void {
    cpSync(join(folder, 'out'), join(folder, name), { recursive: true })
    const scenario = readJson(join(folder, 'out/scenario.json')) as Scenario
    put(folder, `${name}/scenario.json`, JSON.stringify(change(scenario)))
  }

  type Fields = Profile['models'][number]['fields']
  const fieldsOf = (name: string) => profile(name).models[0]!.fields
  const ofReplicas = (fields: Fields, test: (replicas: number) => boolean) =>
    fields.filter(({ executors }) => test(executors.length))

  test('changes fields and their levels, overheads and variation, and nothing else', async () => {
    fresh()
    const ended = await learn('out')
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout).toContain(`profile: ${join(folder, CACHED)}`)
    const bare = ({ models, ...rest }: Profile) => ({
      ...rest,
      models: models.map((model) => ({
        ...model,
        ...{ fields: null, overheads: null, variation: null },
        widths: { ...model.widths, levels: null },
      })),
    })
    expect(bare(profile(CACHED))).toEqual(bare(profile(CALIBRATED)))
    // rehearsals of the calibration were one occasion, and so is the folder
    expect(profile(CALIBRATED).models[0]!.widths!.levels).toHaveLength(1)
    expect(profile(CACHED).models[0]!.widths!.levels.map(({ length }) => length)).toEqual([REPLAYS])
    const fields = ofReplicas(fieldsOf(CACHED), (replicas) => replicas === 1)
    const { load } = resultSchema.parse(readJson(join(folder, 'out/measured.json')))
    const recorded = { load, durationMs: 1500 }
    expect(fields).toMatchObject(Array(REPLAYS).fill(recorded))
    for (const { executors } of fields) expect(executors[0]!.times.length).toBeGreaterThan(100)
    // of calibration and replays alike, on executors just before their traffic
    for (const name of [CALIBRATED, CACHED]) {
      for (const { controlMs } of fieldsOf(name)) expect(controlMs).toBeGreaterThan(0)
    }
    // no replay shows how two replicas share the machine
    const [before, after] = [CALIBRATED, CACHED].map((name) =>
      ofReplicas(fieldsOf(name), (replicas) => replicas > 1),
    )
    expect(hashOf(after)).toBe(hashOf(before))
  })

  test('can be repeated: replays of several occasions are combined', async () => {
    const learnt = async (...folders: string[]) => {
      fresh()
      const ended = await learn(...folders)
      expect(ended.code, ended.stderr).toBe(0)
      return fieldsOf(CACHED)
    }
    const bothSides = await learnt('out', 'out/against')
    const once = await learnt('out')
    expect(bothSides).toHaveLength(once.length + REPLAYS)
    // speeds depend on the cost of mixed traffic, which more replays show better
    const bare = (fields: Fields) =>
      fields.map(({ executors, ...rest }) => ({ ...rest, times: executors.map((e) => e.times) }))
    const withoutAgainst = bothSides.filter((_, i) => i < REPLAYS || i >= 2 * REPLAYS)
    expect(hashOf(bare(withoutAgainst))).toBe(hashOf(bare(once)))
  })

  test('keeps one profile of a model that several pools run', async () => {
    fresh()
    await learn('out')
    const once = hashOf(fieldsOf(CACHED))
    fresh()
    const ended = await run('calibrate', 'pools.yaml', '--from', 'out')
    expect(ended.code, ended.stderr).toBe(0)
    expect(profile(CACHED).models).toHaveLength(1)
    expect(hashOf(fieldsOf(CACHED))).toBe(once)
  })

  test('takes work from the profile of the replays, not from that of this machine', async () => {
    fresh()
    const { models, ...rest } = profile(CACHED)
    const slower = models.map((model) => ({
      ...model,
      work: { ...model.work, ms: model.work.ms.map((row) => row.map((ms) => 2 * ms)) },
    }))
    put(folder, CACHED, JSON.stringify({ ...rest, models: slower }))
    const ended = await learn('out')
    expect(ended.code, ended.stderr).toBe(0)
    expect(profile(CACHED).models[0]!.work).toEqual(profile(CALIBRATED).models[0]!.work)
  })

  test('mixes no hosts, neither of replays nor in --out', async () => {
    fresh()
    const kept = profile('out/profile.json')
    const moved = { ...kept, host: { ...kept.host, cpu: 'another processor' } }
    cpSync(join(folder, 'out'), join(folder, 'moved'), { recursive: true })
    put(folder, 'moved/profile.json', JSON.stringify(moved))
    mkdirSync(join(folder, 'elsewhere'))
    put(folder, 'elsewhere/profile.json', JSON.stringify(moved))
    const before = [CACHED, 'elsewhere/profile.json'].map(text)
    for (const [args, words] of [
      [['--from', 'out', '--from', 'moved'], 'moved: has replays of another host than out'],
      [['--from', 'moved'], 'moved: its profile was measured on another host'],
      [
        ['--from', 'out', '--out', 'elsewhere'],
        'elsewhere/profile.json: has a profile of another host',
      ],
      [
        ['--seconds', '1', '--out', 'elsewhere'],
        'elsewhere/profile.json: has a profile of another host',
      ],
    ] as const) {
      const ended = await run('calibrate', 'tiny.yaml', ...args)
      expectRefusal(ended, 6, folder)
      expect(ended.stderr).toContain(words)
    }
    expect([CACHED, 'elsewhere/profile.json'].map(text)).toEqual(before)
  })

  test('is refused without replays of a model, and leaves the profile unchanged', async () => {
    fresh()
    altered('foreign', ({ models, ...rest }) => ({
      ...rest,
      models: { mlp: { ...models.mlp, width: 32 } },
    }))
    altered('partly', ({ models, pools, ...rest }) => ({
      ...rest,
      models: { ...models, wide: { ...models.mlp, width: 32 } },
      pools: [...pools, { ...pools[0], name: 'second', model: 'wide' }],
    }))
    mkdirSync(join(folder, 'empty'))
    const before = text(CACHED)
    for (const [name, code, words] of [
      ['nowhere', 3, 'nowhere/scenario.json: no such file'],
      ['empty', 3, 'empty/scenario.json: no such file'],
      ['foreign', 6, 'foreign: has no replay of a model of tiny.yaml'],
      ['partly', 6, 'partly: has replays of mlp 2x32 fp32 on cpu, which was not calibrated'],
    ] as const) {
      const ended = await learn('out', name)
      expectRefusal(ended, code, folder)
      expect(ended.stderr).toContain(words)
      expect(text(CACHED)).toBe(before)
    }
  })
})
