import { describe, expect, test } from 'vitest'
import { Rate, type Wave, waveFactor } from './rate.ts'
import { type Surge, surgeHeight } from './surge.ts'

const spike: Surge = { atMs: 10, factor: 5, riseMs: 2, holdMs: 3, decayMs: 0, halfLifeMs: 4 }

describe('an exponential decay', () => {
  test('halves every half-life, within 0.1 % of the peak', () => {
    for (let after = 0; after < 39; after += 0.13) {
      const error = surgeHeight(spike, 15 + after) - 2 ** (-after / 4)
      expect(Math.abs(error)).toBeLessThan(1e-3)
    }
  })

  test('is over after ten half-lives', () => {
    expect(surgeHeight(spike, 15 + 39.9)).toBeGreaterThan(0)
    expect(surgeHeight(spike, 15 + 40)).toBe(0)
  })

  test('adds the peak times half-life / ln 2 to the arrivals', () => {
    const rate = new Rate({ steps: [{ atMs: 0, rate: 1 }], surges: [spike] })
    // rise, hold, decay; the last thousandth is cut off
    const expected = 1000 + 4 * (1 + 3 + (4 / Math.LN2) * (1 - 2 ** -10))
    expect(rate.cumulative(1000) / expected).toBeCloseTo(1, 4)
  })
})

describe('a wave', () => {
  const day: Wave = { periodMs: 24, amplitude: 0.6, peakAtMs: 20 }

  test('is a cosine within 0.03 % of its amplitude', () => {
    for (let t = 0; t < 48; t += 0.07) {
      const exact = 1 + 0.6 * Math.cos((2 * Math.PI * (t - 20)) / 24)
      expect(Math.abs(waveFactor(day, t) - exact)).toBeLessThan(0.6 * 3.1e-4)
    }
  })

  test('leaves the mean over whole periods unchanged', () => {
    const rate = new Rate({ steps: [{ atMs: 0, rate: 3 }], waves: [day], endMs: 240 })
    expect(rate.cumulative(240) / 720).toBeCloseTo(1, 6)
    expect(rate.at(20)).toBeCloseTo(4.8, 3)
    expect(rate.at(8)).toBeCloseTo(1.2, 3)
  })

  test('of a day and of a week multiply, and surges multiply both', () => {
    const week: Wave = { periodMs: 168, amplitude: 0.3, peakAtMs: 0 }
    const surges = [{ atMs: 100, factor: 3, riseMs: 0, holdMs: 4, decayMs: 0 }]
    const rate = new Rate({
      steps: [{ atMs: 0, rate: 2 }],
      surges,
      waves: [day, week],
      endMs: 168,
    })
    for (const t of [5, 50, 101, 103, 150]) {
      const surged = t >= 100 && t < 104 ? 3 : 1
      const expected = 2 * surged * waveFactor(day, t) * waveFactor(week, t)
      expect(rate.at(t) / expected).toBeCloseTo(1, 3)
    }
  })

  test('of amplitude 1 stops arrivals once a period', () => {
    const rate = new Rate({
      steps: [{ atMs: 0, rate: 2 }],
      waves: [{ ...day, amplitude: 1 }],
      endMs: 48,
    })
    expect(rate.at(8)).toBeCloseTo(0, 2)
    expect(rate.cumulative(48)).toBeCloseTo(96, 2)
  })
})
