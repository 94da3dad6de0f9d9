import { expect, test } from 'vitest'
import { stream } from '../../kernel/index.ts'
import { mser5 } from './mser.ts'

/** Noise around a level that a start-up decays to, over `start` values. */
function decaying(start: number, n = 2000, height = 10) {
  const random = stream(3, 0, `decay ${start}`)
  return Array.from(
    { length: n },
    (_, i) => 5 + height * Math.exp((-5 * i) / start) + random.uniform() - 0.5,
  )
}

test('no value is cut from a run that is steady from its start', () => {
  expect(mser5(decaying(1, 2000, 0))!).toBeLessThan(100)
})

test.each([100, 300, 600])('a start-up that decays over %i values is cut', (start) => {
  const cut = mser5(decaying(start))!
  expect(cut).toBeGreaterThan(0.4 * start)
  expect(cut).toBeLessThan(1.6 * start)
})

test('a longer start-up is cut later', () => {
  const cuts = [100, 300, 600].map((start) => mser5(decaying(start))!)
  expect(cuts).toEqual([...cuts].sort((a, b) => a - b))
})

test('a step is cut where it is', () => {
  const values = Array.from({ length: 1000 }, (_, i) => (i < 200 ? 1 : 9) + (i % 2))
  expect(mser5(values)).toBe(200)
})

test('values that grow all the time, and few values, have no answer', () => {
  expect(mser5(Array.from({ length: 1000 }, (_, i) => i))).toBeNull()
  expect(mser5(Array.from({ length: 49 }, () => 1))).toBeNull()
})
