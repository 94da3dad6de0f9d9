import { expect, test } from 'vitest'
import { log, stream } from '../../kernel/index.ts'
import { holmRatios } from './holm.ts'
import { meanWithError } from './interval.ts'
import { studentTQuantile } from './student-t.ts'

test('a single ratio has the t interval of its logarithm', () => {
  const [ratio] = holmRatios([{ log: log(2), error: 0.1, df: 9 }])
  const halfWidth = studentTQuantile(0.975, 9) * 0.1
  expect(log(ratio!.high! / 2)).toBeCloseTo(halfWidth, 12)
  expect(ratio!.real).toBe(true)
})

test('the largest is tested at a share of the level, and none after one that does not differ', () => {
  const [near, far] = [2.5, 6].map((t) => ({ log: t * 0.1, error: 0.1, df: 9 }))
  expect(holmRatios([near!]).map(({ real }) => real)).toEqual([true])
  // 2.5 exceeds t at 5 %, which is 2.26, but not at 2.5 %, which is 2.69
  expect(holmRatios([near!, near!]).map(({ real }) => real)).toEqual([false, false])
  // once the first is found, the second is tested at 5 %
  expect(holmRatios([near!, far!]).map(({ real }) => real)).toEqual([true, true])
})

test('an interval holds 1 where no difference is found, and only there', () => {
  const random = stream(1, 0, 'holm')
  for (let trial = 0; trial < 200; trial++) {
    const family = Array.from({ length: 6 }, () => ({
      log: 0.5 * (random.uniform() - 0.5),
      error: 0.05 + 0.1 * random.uniform(),
      df: 9,
    }))
    for (const { low, high, real } of holmRatios(family)) {
      expect(low! > 1 || high! < 1).toBe(real)
    }
  }
})

test('equal values do not differ, and different values without scatter do', () => {
  const ratios = holmRatios([
    { log: 0, error: 0, df: 9 },
    { log: log(3), error: 0, df: 9 },
  ])
  expect(ratios.map(({ low, high, real }) => [low, high, real])).toEqual([
    [1, 1, false],
    [3, 3, true].map((x) => (typeof x === 'number' ? expect.closeTo(x, 12) : x)),
  ])
})

test('of no difference, one or more of eight are found in at most 5 % of families', () => {
  const random = stream(7, 0, 'families')
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform())
  let falseFamilies = 0
  const families = 2000
  for (let family = 0; family < families; family++) {
    const ratios = Array.from({ length: 8 }, () => {
      const { mean, standardError } = meanWithError(Array.from({ length: 10 }, normal))
      return { log: mean, error: standardError, df: 9 }
    })
    if (holmRatios(ratios).some(({ real }) => real)) falseFamilies++
  }
  // 5 % of 2,000 and three standard errors
  expect(falseFamilies).toBeLessThan(100 + 3 * Math.sqrt(95))
  // the test can fail: it finds about as many as it may
  expect(falseFamilies).toBeGreaterThan(50)
})
