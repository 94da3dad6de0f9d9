import { expect, test } from 'vitest'
import { PartialProgress } from './partial-progress.ts'

test('what is done is summed over the units under way alone', () => {
  const progress = new PartialProgress()
  const threads = 4
  let mostUnderWay = 0
  for (let first = 0; first < 10_000; first += threads) {
    for (let own = 0; own < threads; own++) progress.part(first + own, 0.25)
    expect(progress.done).toBe(first + 1)
    mostUnderWay = Math.max(mostUnderWay, progress.underWay)
    for (let own = 0; own < threads; own++) progress.ended(first + own)
  }
  expect(mostUnderWay).toBe(threads)
  expect(progress.underWay).toBe(0)
  expect(progress.done).toBe(10_000)
})

test('a unit is not done before it has ended, and may end without a part', () => {
  const progress = new PartialProgress()
  progress.part(3, 1)
  expect(progress.done).toBeLessThan(1)
  progress.ended(3)
  progress.ended(4)
  expect(progress.done).toBe(2)
})
