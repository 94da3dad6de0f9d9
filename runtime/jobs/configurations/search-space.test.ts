import { expect, test } from 'vitest'
import { searchSpace } from './search-space.ts'

test('an override with one value holds for all configurations, with several it is a dimension', () => {
  const space = searchSpace([
    'duration_s=8',
    'pools.0.replicas=1..3',
    'pools.0.precision=fp32,int8',
  ])
  expect(space.set).toEqual(['duration_s=8'])
  expect(space.dimensions.map(({ path, values }) => [path, values.length])).toEqual([
    ['pools.0.replicas', 3],
    ['pools.0.precision', 2],
  ])
})

const LONG = Array.from({ length: 10_000 }, (_, i) => i + 1).join(',')

test.each([
  [['pools.0.replicas=3..1'], /expected a range/],
  [['a=1,2', 'a=3,4'], /twice/],
  [['a=1..2000', 'b=1..2000'], /4,000,000 configurations, at most 1,000,000/],
  [[`a=${LONG}`, `a=${LONG}`], /^--set a=1,2,[\d,]+…: a has its values twice; give one list/],
  [[`a=${LONG},`], /^--set a=1,2,[\d,]+…: expected values .*…"$/],
])('%j is refused with the reason', (texts, reason) => {
  expect(() => searchSpace(texts)).toThrow(reason)
})

test('values are not made once there are too many configurations', () => {
  // the values of all would take gigabytes
  const texts = Array.from({ length: 1000 }, (_, i) => `a${i}=1..99999`)
  expect(() => searchSpace(texts)).toThrow('--set: 9,999,800,001 configurations, at most')
})
