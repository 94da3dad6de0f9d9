import { describe, expect, test } from 'vitest'
import { levelOf, type ModelProfile, type RecordedField } from '../../world/index.ts'
import type { SimulationInput } from '../system/simulation-input.ts'
import { DYNAMIC, knownRun } from './known-machine.test-helper.ts'
import { knownInput, knownProfile } from './known-profile.test-helper.ts'
import { machineChange } from './machine-change.ts'

const SECONDS = 2
const shared = { load: 0.5, seconds: SECONDS, replicas: 2 }
const rehearsals = [1, 2].map((seed) => knownRun({ ...shared, seed, controlMs: 2 }))
const replays = [3, 4, 5].map((seed) => knownRun({ ...shared, seed, controlMs: 1.6 }))
const { work } = rehearsals[0]!.work[0]!
const profile = knownProfile({ rehearsals, seconds: SECONDS, load: 0.5, work })
const inputOf = (model: ModelProfile) =>
  knownInput(replays[0]!, model, { seconds: SECONDS, warmupS: 0, batching: DYNAMIC })
const input = inputOf(profile)
const levels = ({ models }: SimulationInput) => models[0]!.fields.map(levelOf)

describe('the change of a machine', () => {
  test('scales the speeds of the profile by the times of the control kernel, and nothing else', () => {
    const { control, now } = machineChange(input, replays, null)
    expect(control).toEqual({
      pools: [{ pool: 'central', profile_ms: 2, replays_ms: expect.closeTo(1.6, 9) }],
      unknown: null,
    })
    expect(levels(now!)).toEqual(levels(input).map((level) => expect.closeTo(1.25 * level, 9)))
    expect({ ...now!, models: [{ ...now!.models[0]!, fields: profile.fields }] }).toEqual(input)
  })

  test('scales them to the level of the replays, whatever the control kernel says', () => {
    const untimed = replays.map((run) => ({ ...run, control: [] }))
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length
    const half = inputOf({
      ...profile,
      work: { ...profile.work, ms: profile.work.ms.map((row) => row.map((ms) => ms / 2)) },
    })
    // by half of the work the replays ran at half of the speed
    for (const runs of [replays, untimed]) {
      const { level } = machineChange(half, runs, null)
      expect(Math.abs(mean(levels(level)) / mean(levels(input)) - 0.5)).toBeLessThan(0.01)
    }
  })
})

test('a pool on the processor without times of the kernel is not known beside a card, either', () => {
  const [pool] = input.scenario.pools
  const untimed = profile.fields.map(({ controlMs: _, ...field }) => alone(field))
  const pools = [
    { ...pool!, name: 'before', replicas: 1 },
    { ...pool!, name: 'card', replicas: 1, execution_provider: 'webgpu' as const },
  ]
  const one = { ...profile, fields: profile.fields.map(alone) }
  const controlOf = (models: readonly ModelProfile[]) =>
    machineChange({ ...input, scenario: { ...input.scenario, pools }, models }, replays, null)
      .control
  expect(controlOf([{ ...profile, fields: untimed }, one]).machine_unknown).toBe(
    'the profile has no time of the control kernel; calibrate again',
  )
  expect(controlOf([one, { ...profile, fields: untimed }])).not.toHaveProperty('machine_unknown')
})

test('each pool has the control time of its own executors, and its own speed', () => {
  const [pool] = input.scenario.pools
  const pools = ['first', 'second'].map((name) => ({ ...pool!, name, replicas: 1 }))
  const one = { ...profile, fields: profile.fields.map(alone) }
  const two = { ...input, scenario: { ...input.scenario, pools }, models: [one, one] }
  const control = [{ at: 0, ms: [2, 4] }]
  const { control: found, now } = machineChange(
    two,
    replays.map((run) => ({ ...run, control })),
    null,
  )
  expect(found.pools).toEqual([
    { pool: 'first', profile_ms: 2, replays_ms: 2 },
    { pool: 'second', profile_ms: 2, replays_ms: 4 },
  ])
  const [first, second] = now!.models.map((model) => model!.fields.map(levelOf))
  expect(first).toEqual(one.fields.map(levelOf))
  expect(second).toEqual(first!.map((level) => expect.closeTo(level / 2, 9)))
})

/** The field of the first executor alone. */
function alone(field: RecordedField): RecordedField {
  return { ...field, executors: field.executors.slice(0, 1) }
}

describe('the drift is not known', () => {
  const controlOf = (changed: SimulationInput, runs = replays, otherHost: string | null = null) => {
    const { control, now } = machineChange(changed, runs, otherHost)
    expect(now).toBeNull()
    return control
  }
  /** Where nothing shows that the machine is the same, either. */
  const reason = (...of: Parameters<typeof controlOf>) => {
    const control = controlOf(...of)
    expect(control.machine_unknown).toBe(control.unknown)
    return control.unknown
  }

  test('where the profile, or one of its fields, was not timed', () => {
    const [{ controlMs: _, ...untimed }, ...others] = profile.fields as [
      ModelProfile['fields'][number],
      ...ModelProfile['fields'],
    ]
    const mixed = inputOf({ ...profile, fields: [untimed, ...others] })
    expect(reason(mixed)).toBe('the profile has no time of the control kernel; calibrate again')
  })

  test('where the replays were not timed', () => {
    const untimed = replays.map((run) => ({ ...run, control: [] }))
    expect(reason(input, untimed)).toBe(
      'the replays have no time of the control kernel; replay again',
    )
  })

  test('where profile and replays are of different hosts', () => {
    expect(reason(input, replays, 'another host')).toBe('another host')
  })

  test.each([
    [
      { execution_provider: 'webgpu' } as const,
      'the control kernel runs on the processor, and pool central on webgpu',
    ],
    [{ speed: 'ideal' } as const, 'no pool has a measured speed'],
  ])('where pools have %j', (keys, expected) => {
    const pools = input.scenario.pools.map((pool) => ({ ...pool, ...keys }))
    const control = controlOf({ ...input, scenario: { ...input.scenario, pools } })
    expect(control.unknown).toBe(expected)
    expect(control).not.toHaveProperty('machine_unknown')
  })
})
