import seedrandom from 'seedrandom'
import { describe, expect, test } from 'vitest'
import { blockBootstrap, defaultBlockMs, type TimedValues } from './block-bootstrap.ts'
import { percentile } from './percentile.ts'

/** M/M/1 by Lindley's recursion: `n` sojourn times, ms, at a mean of one arrival a ms. */
function mm1(n: number, load: number, random: () => number): TimedValues {
  const at = new Float64Array(n)
  const values = new Float64Array(n)
  let now = 0
  let wait = 0
  for (let i = 0; i < n; i++) {
    const gap = -Math.log(1 - random())
    now += gap
    wait = Math.max(0, wait - gap)
    at[i] = now
    wait += -Math.log(1 - random()) * load
    values[i] = wait
  }
  return { at, values, from: 0, to: now + 1 }
}

describe('blockBootstrap', () => {
  test('the value is the percentile of the run, inside its interval', () => {
    const run = mm1(20_000, 0.5, seedrandom.alea('one run'))
    const random = seedrandom.alea('resamples')
    const sorted = run.values.slice().sort()
    const intervals = blockBootstrap(run, [0.5, 0.9, 0.99], { random })
    intervals.forEach(({ value, low, high }, i) => {
      expect(value).toBe(percentile(sorted, [0.5, 0.9, 0.99][i]!))
      expect(low).toBeLessThan(value)
      expect(high).toBeGreaterThan(value)
    })
  })

  test('the same draws give the same interval', () => {
    const run = mm1(2000, 0.5, seedrandom.alea('one run'))
    const draw = () => blockBootstrap(run, [0.9], { random: seedrandom.alea('resamples') })
    expect(draw()).toEqual(draw())
  })

  test('a constant has an interval of width 0', () => {
    const at = Float64Array.from({ length: 500 }, (_, i) => i * 10)
    const run = { at, values: new Float64Array(500).fill(3), from: 0, to: 5000 }
    const random = seedrandom.alea('constant')
    expect(blockBootstrap(run, [0.5, 0.99], { random })).toEqual([
      { value: 3, low: 3, high: 3 },
      { value: 3, low: 3, high: 3 },
    ])
  })

  test('lost requests make the upper end infinite before the value', () => {
    const at = Float64Array.from({ length: 1000 }, (_, i) => i * 10)
    const values = at.map((_, i) => (i % 10 === 0 && i < 900 ? Number.POSITIVE_INFINITY : 5))
    const run = { at, values, from: 0, to: 10_000 }
    const [interval] = blockBootstrap(run, [0.91], { random: seedrandom.alea('lost') })
    expect(interval).toMatchObject({ value: 5, high: Number.POSITIVE_INFINITY })
  })

  test('each request is equally likely, including the first and the last', () => {
    // one request in each tenth of the window and blocks of a tenth, so a resample has ten requests
    const at = Float64Array.from({ length: 10 }, (_, i) => i * 100 + 50)
    const random = seedrandom.alea('ring')
    for (const last of [0, 4, 9]) {
      const values = at.map((_, i) => (i === last ? 1 : 0))
      const run = { at, values, from: 0, to: 1000 }
      let drawn = 0
      for (let i = 0; i < 2000; i++) {
        const options = { random, blockMs: 100, resamples: 1 }
        drawn += blockBootstrap(run, [1], options)[0]!.high
      }
      // drawn at least once in ten: 1 - .9^10 = .6513, standard error .0107
      expect(Math.abs(drawn / 2000 - 0.6513)).toBeLessThan(4 * 0.0107)
    }
  })

  test('long blocks cover the true percentile where short ones do not', () => {
    const random = seedrandom.alea('coverage')
    const truth = (-Math.log(0.1) * 0.8) / 0.2
    const covered = { long: 0, short: 0 }
    for (let trial = 0; trial < 100; trial++) {
      const run = mm1(10_000, 0.8, random)
      for (const [kind, blockMs] of [
        ['long', 1000],
        ['short', 10],
      ] as const) {
        const options = { random, blockMs, resamples: 60 }
        const { low, high } = blockBootstrap(run, [0.9], options)[0]!
        if (low <= truth && truth <= high) covered[kind]++
      }
    }
    expect(covered.long).toBeGreaterThan(80)
    expect(covered.short).toBeLessThan(70)
  })

  test('an empty run is rejected', () => {
    const run = { at: new Float64Array(), values: new Float64Array(), from: 0, to: 10 }
    expect(() => blockBootstrap(run, [0.5], { random: () => 0.5 })).toThrow('at least one request')
  })
})

test('a block is a thirtieth of the window, at least 500 ms and at most a fifth', () => {
  expect(defaultBlockMs(60_000)).toBe(2000)
  expect(defaultBlockMs(6000)).toBe(500)
  expect(defaultBlockMs(1000)).toBe(200)
})
