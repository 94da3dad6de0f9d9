import { expect, test } from 'vitest'
import { batchShares } from './batch-shares.ts'

const padded = { ragged: false, padTo: 1 }
const linear = (size: number, length: number) => 10 + size * length
const all = (shares: readonly { fair: number; length: number }[]) =>
  shares.reduce((sum, { fair, length }) => sum + fair + length, 0)

test('shares of a batch add up to 1, whatever its lengths, padding and work', () => {
  const batches = [[5], [5, 5], [1, 9, 9], [100, 1, 1, 1], [0, 0], [3, 200, 7]]
  const works = [linear, () => 4, (_: number, length: number) => length ** 2]
  for (const lengths of batches) {
    for (const work of works) {
      for (const pool of [padded, { ragged: false, padTo: 8 }, { ragged: true, padTo: 1 }]) {
        expect(all(batchShares(lengths, pool, work))).toBeCloseTo(1, 12)
      }
    }
  }
})

test('the longest requests have the excess over a batch of mean length, in equal parts', () => {
  // 10 + 3 × 9 = 37 ms, and of mean length 7: 31 ms
  const [short, ...long] = batchShares([3, 9, 9], padded, linear)
  expect(short!.length).toBe(0)
  for (const { length } of long) expect(length).toBeCloseTo(6 / 37 / 2, 12)
  expect(short!.fair).toBeCloseTo(31 / 37 / 3, 12)
})

test('work that does not depend on lengths has no excess', () => {
  expect(batchShares([1, 99], padded, () => 4)).toEqual([
    { fair: 0.5, length: 0 },
    { fair: 0.5, length: 0 },
  ])
})

test('in a ragged batch a request has its share of the tokens', () => {
  const [short, long] = batchShares([10, 30], { ragged: true, padTo: 1 }, linear)
  expect(short!.fair + short!.length).toBeCloseTo(0.25, 12)
  expect(long).toEqual({ fair: 0.5, length: 0.25 })
})
