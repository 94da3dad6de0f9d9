import { describe, expect, test } from 'vitest'
import { madeUpProfile } from '../../../test/profiles.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { drawnValue } from '../../stats/index.ts'
import { type Profile, type ProfileWidths, profileSchema } from '../../world/index.ts'
import { withoutFiles } from '../system/prepared-scenario.ts'
import { resolveSystem } from '../system/resolve.ts'
import { drawnInputs } from './drawn-inputs.ts'
import { profileNotes, type UncertainScenario, withMeasuredDraws } from './profile-inputs.ts'
import { speedHalfWidth } from './profile-width.ts'

const MLP = { builtin: 'mlp', layers: 2, width: 64 }
const POOL = { name: 'a', model: 'net' }

const scenarioWith = (content: object) =>
  scenarioOf({
    models: { net: MLP },
    traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: 100 } }],
    pools: [POOL],
    ...content,
  })

const region = { fromSize: 1, toSize: 4, fromLength: 1, toLength: 1, error: null }

/** Occasions of one calibration with these speeds and idle costs. */
const widthsOf = (speeds: readonly number[], idle: readonly (number | null)[]): ProfileWidths => ({
  regions: [region],
  occasions: speeds.map((speed, i) => ({
    calibration: 'monday',
    speeds: [speed],
    idle: idle[i] ?? null,
  })),
  levels: [],
})

function profileWith(scenario: ReturnType<typeof scenarioOf>, widths?: ProfileWidths): Profile {
  const profile = madeUpProfile(scenario)
  if (widths === undefined) return profile
  return profileSchema.parse({
    ...profile,
    models: profile.models.map((model) => ({ ...model, widths })),
  })
}

function inputsOf(
  content: object,
  widths?: ProfileWidths,
  uncertain: UncertainScenario = { inputs: [], withSources: true },
) {
  const scenario = scenarioWith(content)
  const profile = profileWith(scenario, widths)
  const prepared = { ...withoutFiles({ scenario, hash: '', file: 's.yaml' }), uncertain }
  const system = resolveSystem(prepared, profile)
  const { inputs } = system.uncertain
  return { profile, system, inputs, warnings: profileNotes(system) }
}

const SCATTER = [0.97, 1.01, 1, 1.02]
const COSTS = [0.9, 1.2, 1, 0.9]

const ends = (input: Parameters<typeof drawnValue>[0]) =>
  [0.025, 0.975].map((p) => drawnValue(input, p))

describe('a profile with occasions', () => {
  const { inputs, warnings, profile } = inputsOf({}, widthsOf(SCATTER, COSTS))
  const half = speedHalfWidth(profile.models[0]!)!

  test('has its speed as an input, with the width of a next occasion', () => {
    const [speed] = inputs
    expect(speed).toMatchObject({ name: 'speed of net', value: 1, model: null, source: 'profile' })
    const [low, high] = ends(speed!)
    // draws beyond 99.8 % are cut
    expect(Math.abs(Math.log(high!) / half - 1)).toBeLessThan(0.01)
    expect(low! * high!).toBeCloseTo(1, 9)
    expect(warnings).toEqual([])
  })

  test('has the law of a next occasion itself, not a normal one that is as wide', () => {
    const [speed] = inputs
    const [quarter, upper] = [0.75, 0.975].map((p) => Math.log(drawnValue(speed!, p)))
    // Student's t with three degrees of freedom; of a normal law it is 2.9
    expect(upper! / quarter!).toBeCloseTo(3.182 / 0.7649, 1)
  })

  test('has the cost of its idle executors as an input, which is never below 0', () => {
    const [, idle] = inputs
    expect(idle).toMatchObject({ name: 'idle cost of net', value: 1, source: 'profile' })
    const values = Array.from({ length: 99 }, (_, i) => drawnValue(idle!, (i + 1) / 100))
    expect(values.every((value, i) => value >= (values[i - 1] ?? 0))).toBe(true)
    expect(values[49]).toBeCloseTo(1, 9)
    // the standard deviation of 0.141 is known from four costs
    const [low, high] = ends(idle!)
    expect(high! - 1).toBeCloseTo(3.182 * 0.1414 * Math.sqrt(1.25), 2)
    expect(low).toBeCloseTo(2 - high!, 9)
  })

  test('multiplies work and wake-up cost of its own model alone', () => {
    const { measured, set, speeds } = drawnInputs(inputs, [2, 3])
    expect([set, speeds]).toEqual([[], {}])
    const other = { ...profile.models[0]!, key: 'other' }
    const drawn = withMeasuredDraws({ ...profile, models: [...profile.models, other] }, measured!)
    const [first, second] = drawn.models
    const { work, wake } = profile.models[0]!
    expect(first!.work.ms).toEqual(work.ms.map((row) => row.map((ms) => ms / 2)))
    expect(first!.wake.ms).toEqual(wake.ms.map((ms) => 3 * ms))
    expect(second).toEqual(other)
  })
})

describe('without an input', () => {
  const namesOf = ({ inputs }: ReturnType<typeof inputsOf>) => inputs.map(({ name }) => name)

  test('is a profile of an earlier version, which a warning states', () => {
    const { inputs, warnings } = inputsOf({})
    expect(inputs).toEqual([])
    expect(warnings).toEqual([
      'the profile has no width of the speed of net, as an earlier version measured it: its speed is taken as exact; calibrate again, for longer',
    ])
  })

  test('is the speed of one occasion, which a warning states', () => {
    const { warnings } = inputsOf({}, widthsOf([1], [1]))
    expect(warnings).toEqual([expect.stringContaining('as it was measured on one occasion:')])
  })

  test('is a speed that the scenario states by itself', () => {
    const stated = {
      ...{ name: 'speed of net', model: 'net', value: 1, whole: false },
      law: { law: 'uniform' as const, low: 0.9, high: 1.1 },
    }
    const uncertain = { inputs: [stated], withSources: true as const }
    const all = inputsOf({}, widthsOf(SCATTER, COSTS), uncertain)
    expect(namesOf(all)).toEqual(['speed of net', 'idle cost of net'])
    // nor is it missed
    expect(inputsOf({}, undefined, uncertain).warnings).toEqual([])
  })

  test('are occasions that were alike', () => {
    expect(namesOf(inputsOf({}, widthsOf([1, 1, 1], [1, 1, 1])))).toEqual([])
  })

  test('is the cost of idle executors that no pool meets', () => {
    const content = { pools: [{ ...POOL, speed: 'ideal' }] }
    expect(namesOf(inputsOf(content, widthsOf(SCATTER, COSTS)))).toEqual(['speed of net'])
  })

  test('is a profile where the scenario includes no sources', () => {
    const { inputs, warnings } = inputsOf({}, widthsOf(SCATTER, COSTS), { inputs: [] })
    expect([inputs, warnings]).toEqual([[], []])
  })
})

test('models that differ by their pool alone are named with it, and equal ones once', () => {
  const pools = [POOL, { ...POOL, name: 'b', precision: 'int8' }, { ...POOL, name: 'c' }]
  const { inputs } = inputsOf({ pools }, widthsOf(SCATTER, []))
  expect(inputs.map(({ name }) => name)).toEqual([
    'speed of net in pool a',
    'speed of net in pool b',
  ])
})

test('a system that is resolved again has the inputs of its profile once', () => {
  const { system, profile, inputs } = inputsOf({}, widthsOf(SCATTER, COSTS))
  expect(resolveSystem(system, profile).uncertain.inputs).toEqual(inputs)
  const narrow = resolveSystem(system, profileWith(system.scenario))
  expect(narrow.uncertain.inputs).toEqual([])
})

test('a width that is of no use is cut, which a warning states', () => {
  const { inputs, warnings } = inputsOf({}, widthsOf([0.5, 2], []))
  expect(ends(inputs[0]!)[1]).toBeLessThan(4.1)
  const [ofSpeed, ofIdle] = warnings
  expect(ofIdle).toContain('no width of the idle cost of net')
  expect([ofSpeed]).toEqual([expect.stringContaining('its width is cut at a factor of 4')])
})

test('more inputs than can be drawn are refused', () => {
  const names = Array.from({ length: 25 }, (_, i) => `m${i}`)
  const content = {
    models: Object.fromEntries(names.map((name, i) => [name, { ...MLP, width: 64 + i }])),
    pools: names.map((name) => ({ name, model: name })),
  }
  expect(() => inputsOf(content, widthsOf(SCATTER, COSTS))).toThrow(
    's.yaml: uncertain.sources: expected at most 40 inputs, got 50 with those of sources',
  )
})

describe('the width of a speed', () => {
  const halfOf = (widths: ProfileWidths) => {
    const [model] = profileWith(scenarioWith({}), widths).models
    return speedHalfWidth(model!)!
  }

  test('is wider where rehearsals of one occasion are its level', () => {
    const widths = widthsOf(SCATTER, [])
    const rehearsed = halfOf({ ...widths, levels: [[1, 1, 1]] })
    expect(rehearsed / halfOf(widths)).toBeCloseTo(Math.sqrt(2 / 1.25), 9)
  })

  test('is that between calibrations where these differ by more', () => {
    const widths = widthsOf(SCATTER, [])
    const other = widths.occasions.map((occasion) => ({
      ...occasion,
      calibration: 'tuesday',
      speeds: occasion.speeds.map((speed) => 1.2 * speed),
    }))
    const both = { ...widths, occasions: [...other, ...widths.occasions] }
    expect(halfOf(both)).toBeGreaterThan(3 * halfOf(widths))
  })

  test('has the errors between shapes, as a mean over the cells of a region', () => {
    const widths = widthsOf([1, 1], [])
    // three sizes at one length
    const between = { ...widths, regions: [{ ...region, error: 0.02 }] }
    expect(halfOf(between)).toBeCloseTo((1.96 * 0.02) / 0.6745 / Math.sqrt(3), 4)
  })
})
