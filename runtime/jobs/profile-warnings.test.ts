import { expect, test } from 'vitest'
import { madeUpProfile } from '../../test/profiles.ts'
import { scenarioOf, TINY } from '../../test/scenarios.ts'
import { profileWarnings, traceEndWarnings } from './profile-warnings.ts'

const model = madeUpProfile(scenarioOf(TINY)).models[0]!

test('a badly measured model is named once, with what to do', () => {
  expect(profileWarnings([model, null])).toEqual([])
  const unfit = { ...model, work: { ...model.work, error: [[-2.05, 0.1]] } }
  const [text, ...more] = profileWarnings([unfit, unfit])
  expect(more).toEqual([])
  expect(text).toMatch(/do not fit together \(one is 205 % off .*; calibrate again, for longer/)
})

test('a profile of a disturbed machine is named, unless one recording was not disturbed', () => {
  const field = model.fields[0]!
  const disturbed = { ...field, disturbed: true }
  const [text] = profileWarnings([{ ...model, fields: [disturbed, disturbed] }])
  expect(text).toContain('other programs used the machine whenever its speed was recorded')
  expect(profileWarnings([{ ...model, fields: [disturbed, field] }])).toEqual([])
})

test('a trace that ends before the run is named', () => {
  const warningsOf = (arrivals: object, duration_s: number) => {
    const scenario = scenarioOf({
      duration_s,
      models: { m: { work: { law: 'constant', ms: 1 } } },
      traffic: [{ class: 'web', arrivals: { process: 'trace', file: 'x', ...arrivals } }],
      pools: [{ name: 'central', model: 'm' }],
    })
    const traces = new Map([[0, { spanMs: 1_800_000 }]])
    return traceEndWarnings({ scenario, traces })
  }
  expect(warningsOf({}, 3600)).toEqual([
    'web: its trace ends after 1800 s, and nothing arrives until duration_s 3600',
  ])
  expect(warningsOf({}, 1800)).toEqual([])
  expect(warningsOf({ time_scale: 2 }, 3600)).toEqual([])
  expect(warningsOf({ load: 0.5 }, 3600)).toEqual([])
})
