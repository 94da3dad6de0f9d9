import { describe, expect, test } from 'vitest'
import { Random } from '../../sim/kernel/index.ts'
import { classesOf, fitWake } from './wake-fit.ts'

describe('a fitted wake-up curve', () => {
  /** Excesses that rise by 50 µs a decade, with noise of 20 µs. */
  const random = new Random('wake')
  const samples = Array.from({ length: 600 }, () => {
    const gap = 0.01 * 10 ** (4 * random.uniform())
    return { gap, excess: 0.05 * Math.log10(gap / 0.01) + 0.02 * random.normal() }
  })

  test('rises, is never negative, and is near the truth', () => {
    const { gapMs, ms } = fitWake(samples)
    expect(gapMs.length).toBeGreaterThan(8)
    gapMs.forEach((gap, i) => {
      expect(gap).toBeGreaterThan(gapMs[i - 1] ?? 0)
      expect(ms[i]!).toBeGreaterThanOrEqual(ms[i - 1] ?? 0)
      expect(Math.abs(ms[i]! - 0.05 * Math.log10(gap / 0.01))).toBeLessThan(0.015)
    })
  })

  test('levels out where measured costs fall', () => {
    const falling = samples.map(({ gap, excess }) => ({ gap, excess: 0.3 - excess }))
    const { ms } = fitWake(falling)
    expect(new Set(ms).size).toBe(1)
    expect(ms[0]).toBeGreaterThan(0.1)
    expect(ms[0]).toBeLessThan(0.3)
  })

  test('without enough samples is empty', () => {
    expect(fitWake([])).toEqual({ gapMs: [0], ms: [0] })
    expect(fitWake(samples.slice(0, 4))).toEqual({ gapMs: [0], ms: [0] })
  })

  test('classes of gaps are disjoint, rise, and have at least five samples', () => {
    const classes = classesOf(samples)
    classes.forEach((members, i) => {
      expect(members.length).toBeGreaterThanOrEqual(5)
      const shortest = Math.min(...members.map(({ gap }) => gap))
      const longest = Math.max(...members.map(({ gap }) => gap))
      const before = classes[i - 1] ?? []
      expect(shortest).toBeGreaterThan(Math.max(0, ...before.map(({ gap }) => gap)))
      // three classes a decade
      expect(longest / shortest).toBeLessThanOrEqual(10 ** (1 / 3) * 1.0001)
    })
  })
})
