import { expect, test } from 'vitest'
import { countsBetween, expectAgreement, modelCounts } from './model-counts.ts'
import { statisticsText } from './statistics.test-helper.ts'

const only = (sizes: Readonly<Record<number, readonly [number, number]>>, more: object = {}) =>
  modelCounts(statisticsText({ net: { sizes, ...more } }))[0]!

test('times of a size are those of inputs, model and outputs together', () => {
  // the helper gives an eighth of a time to inputs and to outputs each
  expect(only({ 4: [10, 30], 1: [2, 4] })).toEqual({
    ...{ name: 'net', version: '1', lastAt: 1_780_000_000_000, answered: 42, failed: 0 },
    ...{ latencyMs: 84, queueMs: 42, cached: 0, executions: 12 },
    sizes: [
      { size: 1, executions: 2, ms: 4 },
      { size: 4, executions: 10, ms: 30 },
    ],
  })
})

test('what was counted between two readings is their difference', () => {
  const before = only({ 1: [10, 20], 2: [1, 3] })
  const after = only({ 1: [10, 20], 2: [5, 15], 8: [2, 9] }, { lastAt: 1_780_000_060_000 })
  expect(countsBetween(before, after)).toMatchObject({
    ...{ executions: 6, answered: 24, lastAt: 1_780_000_060_000 },
    sizes: [
      { size: 2, executions: 4, ms: 12 },
      { size: 8, executions: 2, ms: 9 },
    ],
  })
})

test.each([
  ['less', { 1: [9, 18] }],
  ['no batch of a size', { 2: [100, 300] }],
] as const)('readings in which %s was counted later are refused', (_, sizes) => {
  expect(() => countsBetween(only({ 1: [10, 20] }), only(sizes))).toThrow('started again')
})

test('counts that disagree are refused', () => {
  const counts = only({ 1: [10, 20] })
  expect(() => expectAgreement(counts)).not.toThrow()
  expect(() => expectAgreement({ ...counts, executions: 11 })).toThrow(
    'net: batch_stats has 10 executions, and execution_count is 11',
  )
  expect(() => expectAgreement({ ...counts, answered: 11 })).toThrow('room for 10')
  expect(() => expectAgreement({ ...counts, answered: 11, cached: 1 })).not.toThrow()
})

test.each([
  ['', 'expected JSON'],
  ['{}', 'model_stats: expected the statistics of models'],
  ['{"model_stats":{}}', 'model_stats: expected a list'],
  ['{"model_stats":[{"name":3}]}', 'model_stats[0].name: expected a name, got 3'],
  [statisticsText({ net: { sizes: { 1: [-1, 2] } } }), 'expected a whole number, 0 or more'],
  [statisticsText({ net: { sizes: { 0: [1, 2] } } }), 'batch_size: expected 1 or more, got 0'],
])('%s is refused by its place', (text, problem) => {
  expect(() => modelCounts(text)).toThrow(problem)
})
