import { expect, test } from 'vitest'
import { Spinner } from './spinner.ts'

/** A clock that reads these times, ms, and then goes on in steps of 0.01 ms. */
function clockOf(readings: readonly number[]): () => number {
  let last = 0
  let i = 0
  return () => (last = i < readings.length ? readings[i++]! : last + 0.01)
}

test('a gap between two readings is kept if it is long, and counts in every ms that it spans', () => {
  const spinner = new Spinner(clockOf([100, 100.02, 100.9, 103.2]))
  spinner.spin(5)
  expect(spinner.gaps).toEqual([expect.closeTo(0.88), expect.closeTo(2.3)])
  expect(spinner.longest).toEqual([2.3, 2.3, 2.3, 2.3, 0.01].map((ms) => expect.closeTo(ms)))
})

test('a still clock has no gaps; several spins add up', () => {
  const spinner = new Spinner(clockOf([]))
  spinner.spin(2)
  spinner.spin(3)
  expect(spinner.gaps).toEqual([])
  expect(spinner.longest).toHaveLength(5)
  expect(spinner.spunMs).toBeCloseTo(5, 1)
})

test('the end of a stall that outlasts the spin counts', () => {
  const spinner = new Spinner(clockOf([0, 0.5, 40]))
  spinner.spin(2)
  expect(spinner.spunMs).toBe(40)
  expect(spinner.gaps).toEqual([0.5, 39.5])
  expect(spinner.longest).toEqual([39.5, 39.5])
})
