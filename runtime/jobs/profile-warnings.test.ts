import { describe, expect, test } from 'vitest'
import type { ModelProfile } from '../../sim/world/index.ts'
import { madeUpProfile } from '../../test/profiles.ts'
import { scenarioOf, TINY, TINY_DECODER } from '../../test/scenarios.ts'
import {
  idleWidthText,
  occasionWarnings,
  profileWarnings,
  speedWidthText,
  traceEndWarnings,
  workWarnings,
} from './profile-warnings.ts'

const model = madeUpProfile(scenarioOf(TINY)).models[0]!

test('a badly measured model is named once, with what to do', () => {
  expect(profileWarnings([model, null])).toEqual([])
  const unfit = { ...model, work: { ...model.work, error: [[-2.05, 0.1]] } }
  const [text, ...more] = profileWarnings([unfit, unfit])
  expect(more).toEqual([])
  expect(text).toMatch(/do not fit together \(one is 205 % off .*; calibrate again, for longer/)
  expect(workWarnings([unfit])).toEqual([text])
})

test('a model with times between its shapes, and no shape to check them by, is named', () => {
  const of = (sizes: number[], lengths: number[]) => {
    const ms = sizes.map((size) => lengths.map((length) => size + length))
    const error = ms.map((row) => row.map(() => 0))
    return profileWarnings([{ ...model, work: { ...model.work, sizes, lengths, ms, error } }])
  }
  expect(of([1, 8], [8, 128])).toEqual([
    expect.stringContaining(
      ': only batches of 1, 8 at lengths 8, 128 are measured, and none of them can be checked by the others',
    ),
  ])
  expect(of([1, 8], [1])).toHaveLength(1)
  expect(of([1], [8, 128])).toHaveLength(1)
  // all there are, or with one between
  for (const known of [of([1], [1]), of([1, 2], [1]), of([1, 4, 8], [8, 128])]) {
    expect(known).toEqual([])
  }
})

test('of a model that generates, steps are named, not batches', () => {
  const decoder = madeUpProfile(TINY_DECODER).models[0]!
  const { work } = decoder
  const table = {
    sizes: [1, 8],
    lengths: [8, 128],
    ms: [
      [1, 2],
      [3, 4],
    ],
    error: [
      [2, 0],
      [0, 0],
    ],
  }
  expect(profileWarnings([decoder])).toEqual([])
  const [apart, unchecked] = profileWarnings([{ ...decoder, work: { ...work, ...table } }])
  expect(apart).toContain(': its step times do not fit together (one is 200 % off')
  expect(unchecked).toContain(': only steps of 1, 8 sequences at contexts 8, 128 are measured, and')
})

test('a profile of a disturbed machine is named, unless one recording was not disturbed', () => {
  const field = model.fields[0]!
  const disturbed = { ...field, disturbed: true }
  const [text] = profileWarnings([{ ...model, fields: [disturbed, disturbed] }])
  expect(text).toContain('other programs used the machine whenever its speed was recorded')
  expect(profileWarnings([{ ...model, fields: [disturbed, field] }])).toEqual([])
  // batch times are those of a machine without stalls
  expect(workWarnings([{ ...model, fields: [disturbed, disturbed] }])).toEqual([])
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

test('models of one occasion are comparable, and declared work has none', () => {
  expect(occasionWarnings([model, { ...model, label: 'other' }, null])).toEqual([])
})

test('models of different occasions are named with them', () => {
  const later = { ...model, label: 'other', occasion: 'later' }
  const [text, ...more] = occasionWarnings([model, later])
  expect(more).toEqual([])
  expect(text).toContain(`${model.label} (${model.occasion}), other (later)`)
})

describe('a model with occasions', () => {
  const region = { fromSize: 1, toSize: 4, fromLength: 1, toLength: 1, error: null }
  const of = (
    speeds: readonly number[],
    calibrationOf = (_: number) => 'monday',
  ): ModelProfile => ({
    ...model,
    widths: {
      regions: [region],
      occasions: speeds.map((speed, i) => ({
        calibration: calibrationOf(i),
        speeds: [speed],
        idle: 1 + 0.1 * (i % 2),
      })),
      levels: [],
    },
  })
  const alike = of([0.98, 1, 1.01, 1.01])

  test('has a width that is printed, with the number of occasions', () => {
    expect(speedWidthText(alike)).toBe('within ± 5.2 % between 4 occasions')
    const twice = of([1.01, 0.99, 0.99, 1.01], (i) => (i < 2 ? 'monday' : 'tuesday'))
    expect(speedWidthText(twice)).toMatch(
      /^within ± [\d.]+ % between 4 occasions of 2 calibrations$/,
    )
    expect(speedWidthText(of([0.5, 2]))).toMatch(/^within a factor of [\d,]+ between 2 occasions$/)
    expect(idleWidthText(alike)).toBe('0.79 to 1.2 times that on other occasions')
  })

  test('has none that is known by one occasion, or by an earlier version', () => {
    expect(speedWidthText(of([1]))).toBe('of no known width, as it was measured on one occasion')
    expect(speedWidthText(model)).toBe('of no known width, as an earlier version measured it')
    expect([idleWidthText(of([1])), idleWidthText(model)]).toEqual([null, null])
  })

  test('is named where its last calibration met different machines', () => {
    expect(profileWarnings([alike])).toEqual([])
    expect(profileWarnings([of([1, 1.3])])).toEqual([
      expect.stringMatching(
        /of 2 occasions of its calibration the fastest was 30 % faster than the slowest; calibrate/,
      ),
    ])
    // on another day it may be another one
    const apart = of([1, 1.3], (i) => ['monday', 'tuesday'][i]!)
    expect(profileWarnings([apart])).toEqual([])
  })

  test('is named with its width where others are of another occasion', () => {
    const [text] = occasionWarnings([alike, { ...model, label: 'other', occasion: 'later' }])
    expect(text).toContain(
      `${model.label} (${model.occasion}, speed within ± 5.2 %), other (later)`,
    )
  })
})
