import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { fitArrivals } from './fit-arrivals.ts'

/** Poisson arrivals whose rate rises `slope`-fold over an hour, 3/s on average. */
function arrivals(slope: number, seconds = 3600): Float64Array {
  const random = new Random('arrivals')
  const times: number[] = []
  for (let at = 0; at < 1000 * seconds; ) {
    const share = at / 1000 / seconds
    const rate = (0.003 * 2 * (1 + (slope - 1) * share)) / (1 + slope)
    at += random.exponential() / rate
    times.push(at)
  }
  return Float64Array.from(times)
}

describe('fitted arrivals', () => {
  test('of Poisson traffic are Poisson', () => {
    const { arrivals: fitted } = fitArrivals(arrivals(1))
    expect(fitted.process).toBe('poisson')
    expect(fitted.schedule).toBeUndefined()
    expect(fitted.rate_rps).toBeCloseTo(3, 1)
  })

  test('of a drifting rate have steps, which keep its mean', () => {
    const times = arrivals(9)
    const { arrivals: fitted } = fitArrivals(times)
    expect(fitted.process).toBe('poisson')
    const steps = fitted.schedule!
    expect(steps.length).toBeGreaterThanOrEqual(11)
    expect(steps[0]!.at_s).toBe(0)
    expect(steps.at(-1)!.rate_rps! / steps[0]!.rate_rps!).toBeGreaterThan(4)
    const mean = steps.reduce((sum, step) => sum + step.rate_rps!, 0) / steps.length
    expect(mean / (times.length / (times.at(-1)! / 1000))).toBeCloseTo(1, 2)
  })

  test('of a short trace are fitted at windows that fit into it ten times', () => {
    expect(fitArrivals(arrivals(1, 30)).windows_s).toEqual([0.1, 1])
    expect(fitArrivals(Float64Array.of(0, 5)).windows_s).toEqual([])
  })

  test('of bursts are modulated at the scales of the windows', () => {
    const random = new Random('bursts')
    const times: number[] = []
    // 20 requests within 0.2 s, every 10 s on average
    for (let at = 0; at < 3_600_000; at += 10_000 * random.exponential()) {
      for (let i = 0; i < 20; i++) times.push(at + 200 * random.uniform())
    }
    const { arrivals: fitted, factors } = fitArrivals(Float64Array.from(times).sort())
    expect(fitted.process).toBe('mmpp')
    expect(fitted.states!.length).toBe(2 ** factors.length)
    expect(factors.some(({ scaleMs }) => scaleMs <= 250)).toBe(true)
  })
})
