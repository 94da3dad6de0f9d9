import { expect, test } from 'vitest'
import { sampleResult } from '../sample-documents.test-helper.ts'
import { AVAILABILITY_TABLES } from './availability-tables.ts'

test('decisions of a long run have different times', () => {
  const result = sampleResult('simulated')
  const one = { value: 1, low: null, high: null, n: 1 }
  const times = [0.25, 10_005, 10_020.5, 10_035, 10_050]
  result.pools[0]!.availability = {
    up_share: one,
    serving: one,
    paid: one,
    losses: 0,
    series: { every_s: 1, serving: [], paid: [] },
    decisions: times.map((at_s) => ({ at_s, replicas: 2, reason: 'load' })),
    regret: null,
  }
  const { rows } = AVAILABILITY_TABLES.find(({ columns }) => columns[0] === 'decision')!
  expect(rows(result).map(([, at]) => at)).toEqual([
    '0.25 s',
    '10,005 s',
    '10,020.5 s',
    '10,035 s',
    '10,050 s',
  ])
})
