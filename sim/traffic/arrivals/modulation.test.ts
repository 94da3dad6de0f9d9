import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { type ArrivalProcess, RenewalArrivals, SummedArrivals } from './arrivals.ts'
import { gapsOf } from './gaps.ts'
import { ModulatedTime, type ModulatingState, stateShares } from './modulation.ts'
import { Rate } from './rate.ts'

const onOff = (on: number, off: number): ModulatingState[] => [
  { factor: 1, meanMs: on, next: [0, 1] },
  { factor: 0, meanMs: off, next: [1, 0] },
]

function all(arrivals: ArrivalProcess): number[] {
  const times: number[] = []
  for (let t = arrivals.next(); t !== Number.POSITIVE_INFINITY; t = arrivals.next()) times.push(t)
  return times
}

function modulated(states: readonly ModulatingState[], endMs: number, seed = 'm'): number[] {
  const rate = new Rate({ steps: [{ atMs: 0, rate: 1 }] })
  const time = new ModulatedTime(rate, states, new Random(`${seed} states`), endMs)
  const gap = gapsOf({ process: 'poisson' }, new Random(`${seed} gaps`))
  return all(new RenewalArrivals(gap, time, endMs))
}

/** Variance over mean of the counts in windows. */
function dispersion(times: readonly number[], endMs: number, windowMs: number): number {
  const counts = new Array<number>(Math.floor(endMs / windowMs)).fill(0)
  for (const t of times) {
    const i = Math.floor(t / windowMs)
    if (i < counts.length) counts[i]!++
  }
  const mean = counts.reduce((sum, n) => sum + n, 0) / counts.length
  return counts.reduce((sum, n) => sum + (n - mean) ** 2, 0) / counts.length / mean
}

describe('shares of states', () => {
  test('of two states are proportional to their durations', () => {
    const [on, off] = stateShares(onOff(30, 10))
    expect(on).toBeCloseTo(0.75, 12)
    expect(off).toBeCloseTo(0.25, 12)
  })

  test('of more states are visits times durations', () => {
    // a -> b always; b -> a or c; c -> a: visits 2 : 2 : 1
    const shares = stateShares([
      { factor: 1, meanMs: 5, next: [0, 1, 0] },
      { factor: 1, meanMs: 10, next: [1, 0, 1] },
      { factor: 1, meanMs: 20, next: [1, 0, 0] },
    ])
    expect(shares.map((share) => share * 50)).toEqual([10, 20, 20].map((x) => expect.closeTo(x, 9)))
  })
})

describe('a modulated rate', () => {
  test('keeps its mean', () => {
    const end = 400_000
    const states = [
      { factor: 1, meanMs: 200, next: [0, 1, 1] },
      { factor: 4, meanMs: 50, next: [3, 0, 1] },
      { factor: 0.2, meanMs: 400, next: [1, 0, 0] },
    ]
    expect(modulated(states, end).length / end).toBeCloseTo(1, 1)
    expect(modulated(onOff(30, 90), end).length / end).toBeCloseTo(1, 1)
  })

  test('on-off: the dispersion of counts matches theory', () => {
    // covariance of the rate: (peak / (r + s))^2 r s exp(-(r + s) t), with rates s on, r off
    const [on, off] = [20, 60]
    const end = 2_000_000
    const windowMs = 50
    const decay = 1 / on + 1 / off
    const peak = (on + off) / on
    const variance = peak ** 2 * ((on * off) / (on + off) ** 2)
    const factor = (1 - (1 - Math.exp(-decay * windowMs)) / (decay * windowMs)) / decay
    const theory = 1 + 2 * variance * factor
    const found = dispersion(modulated(onOff(on, off), end), end, windowMs)
    expect(found / theory).toBeGreaterThan(0.96)
    expect(found / theory).toBeLessThan(1.04)
  })

  test('has no arrivals while it is off', () => {
    const times = modulated(onOff(10, 1000), 200_000)
    const gaps = times.slice(1).map((t, i) => t - times[i]!)
    // bursts of 10 ms at 101 a ms, a second apart
    expect(gaps.filter((gap) => gap > 100).length).toBeGreaterThan(100)
    expect(gaps.filter((gap) => gap > 1 && gap < 10).length).toBeLessThan(20)
  })

  test('equal factors have no effect', () => {
    const states = [1, 1].map((factor, i) => ({ factor, meanMs: 30, next: [i, 1 - i] }))
    const plain = all(
      new RenewalArrivals(
        gapsOf({ process: 'poisson' }, new Random('m gaps')),
        new Rate({ steps: [{ atMs: 0, rate: 1 }] }),
        5000,
      ),
    )
    const times = modulated(states, 5000)
    expect(times).toHaveLength(plain.length)
    times.forEach((t, i) => {
      expect(t).toBeCloseTo(plain[i]!, 6)
    })
  })
})

describe('a sum of processes', () => {
  const of = (...times: number[]): ArrivalProcess => {
    let i = 0
    return { next: () => times[i++] ?? Number.POSITIVE_INFINITY }
  }

  test('has the arrivals of all, in order', () => {
    const sum = new SummedArrivals([of(1, 4, 9), of(), of(2, 4, 4, 11)])
    expect(all(sum)).toEqual([1, 2, 4, 4, 4, 9, 11])
  })

  test('of Poisson processes is a Poisson process', () => {
    const parts = [0.2, 0.5, 0.3].map((rate, i) => {
      const gap = gapsOf({ process: 'poisson' }, new Random(`part ${i}`))
      return new RenewalArrivals(gap, new Rate({ steps: [{ atMs: 0, rate }] }), 200_000)
    })
    const times = all(new SummedArrivals(parts))
    expect(times.length / 200_000).toBeCloseTo(1, 1)
    expect(dispersion(times, 200_000, 20)).toBeCloseTo(1, 1)
  })
})
