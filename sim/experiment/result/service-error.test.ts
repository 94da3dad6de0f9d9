import { expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { interpolationError, serviceError } from './service-error.ts'

const errorOf = (work: object) =>
  serviceError({ scenario: scenarioOf({ models: { m: { work } } }), models: [null] }, 0)

test('the error of a straight table is none', () => {
  const ms = [
    [2, 4, 6],
    [4, 8, 12],
    [8, 16, 24],
  ]
  const error = interpolationError({ sizes: [1, 2, 4], lengths: [10, 20, 30], ms })
  expect(error).toEqual({ of: 'interpolation', median: 0, worst: 0 })
})

test('negative control: that of a bent table is how far it bends', () => {
  expect(errorOf({ law: 'table', sizes: [1, 2, 3, 4], ms: [10, 12, 10, 8] })).toEqual({
    of: 'interpolation',
    // 10 instead of 12, and 10 as it is
    median: expect.closeTo(1 / 12, 9),
    worst: expect.closeTo(1 / 6, 9),
  })
  const ms = [[1, 5, 3]]
  expect(errorOf({ law: 'length-table', sizes: [1], lengths: [1, 2, 3], ms })).toMatchObject({
    worst: expect.closeTo(0.6, 9),
  })
})

test('a table without inner points states no error, and neither do other laws', () => {
  expect(errorOf({ law: 'table', sizes: [1, 8], ms: [3, 9] })).toBeNull()
  expect(errorOf({ law: 'linear', base_ms: 1 })).toBeNull()
})

const ENCODER = { law: 'transformer-encoder', layers: 2, hidden: 64, heads: 2, vocabulary: 100 }

test('a fit states its own error', () => {
  const fitted = { batch: [1, 8], length: [32, 128], error: 0.05, worst: 0.3 }
  expect(errorOf({ ...ENCODER, efficiency: { fitted } })).toEqual({
    of: 'fit',
    median: 0.05,
    worst: 0.3,
  })
  expect(errorOf({ ...ENCODER, efficiency: { fitted: { error: 0.1 } } })?.worst).toBeNull()
  expect(errorOf({ ...ENCODER, efficiency: { compute: 0.4 } })).toBeNull()
})
