import seedrandom from 'seedrandom'
import { describe, expect, test } from 'vitest'
import { countInterval, dispersionOf } from './dispersion.ts'

/** Poisson counts, by the gaps of a unit process. */
function poisson(random: () => number, mean: number): number {
  let count = -1
  let left = mean
  while (left > 0) {
    left += Math.log(1 - random())
    count++
  }
  return count
}

/** Bursts of a geometric number of requests: their dispersion is 2 × burst − 1. */
function bursts(random: () => number, mean: number, burst: number): number {
  let count = 0
  for (let left = poisson(random, mean / burst); left > 0; left--) {
    count += 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - 1 / burst))
  }
  return count
}

const RUNS = 300

/** The share of runs whose interval holds the dispersion. */
function coverage(
  truth: number,
  draw: (random: () => number, step: number) => number,
  steps: number,
) {
  let held = 0
  for (let run = 0; run < RUNS; run++) {
    const random = seedrandom(`dispersion ${truth} ${run}`)
    const counts = Float64Array.from({ length: steps }, (_, step) => draw(random, step))
    const { low, high } = dispersionOf(counts)!
    held += low <= truth && truth <= high ? 1 : 0
  }
  return held / RUNS
}

describe('intervals hold the dispersion of', () => {
  test.each<[string, number, (random: () => number, step: number) => number, number]>([
    ['Poisson arrivals', 1, (random) => poisson(random, 30), 60],
    ['few Poisson arrivals', 1, (random) => poisson(random, 0.5), 240],
    ['a rate that doubles', 1, (random, step) => poisson(random, 20 + step), 100],
    ['a wave', 1, (random, step) => poisson(random, 40 + 25 * Math.sin(step / 20)), 120],
    ['bursts of 5', 9, (random) => bursts(random, 60, 5), 120],
    ['bursts of 3, in few steps', 5, (random) => bursts(random, 60, 3), 20],
  ])('%s in 19 of 20 windows', (_, truth, draw, steps) => {
    const share = coverage(truth, draw, steps)
    expect(share).toBeGreaterThan(0.91)
    expect(share).toBeLessThan(0.995)
  })

  test('no process that is twice as bursty', () => {
    expect(coverage(2, (random) => poisson(random, 30), 120)).toBeLessThan(0.05)
  })
})

test('the dispersion of a line is that of rounding', () => {
  const line = Float64Array.from({ length: 20 }, (_, i) => 100 + 7 * i)
  const { value, low, high } = dispersionOf(line)!
  expect({ value, low }).toEqual({ value: 0, low: 0 })
  expect(high).toBeGreaterThan(0)
  expect(high).toBeLessThan(0.02)
})

test.each<[string, readonly number[]]>([
  ['too few counts', [1, 2, 3, 4, 5, 6]],
  ['no requests', Array<number>(20).fill(0)],
  ['gaps', Array.from({ length: 30 }, (_, i) => (i % 3 === 2 ? Number.NaN : 5))],
])('%s have none', (_, counts) => {
  expect(dispersionOf(Float64Array.from(counts))).toBeNull()
})

test('gaps leave out the differences that they touch', () => {
  const counts = Float64Array.from({ length: 20 }, (_, i) => 10 + (i % 2))
  const before = dispersionOf(counts)!
  counts[10] = Number.NaN
  expect(before.differences).toBe(18)
  expect(dispersionOf(counts)!.differences).toBe(15)
})

test('intervals of counts are those of Poisson, wider by the root of the dispersion', () => {
  // Wilson-like score interval: 100 + 1.92 ± 1.96 √(100 + 0.96)
  expect(countInterval(100, 1).low).toBeCloseTo(82.23, 1)
  expect(countInterval(100, 1).high).toBeCloseTo(121.61, 1)
  expect(countInterval(0, 1)).toEqual({ low: 0, high: expect.closeTo(3.84, 2) })
  const wide = countInterval(10_000, 4)
  expect((wide.high - wide.low) / 2).toBeCloseTo(1.96 * 200, 0)
})
