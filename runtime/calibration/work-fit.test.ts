import { describe, expect, test } from 'vitest'
import { Random } from '../../sim/kernel/index.ts'
import { lengthGrid, sizeGrid } from './script-plan.ts'
import { fitWork } from './work-fit.ts'

type Law = (size: number, length: number) => number

const law: Law = (size, length) =>
  0.3 + 0.05 * size + 0.002 * size * length + 1e-6 * size * length ** 2

/** Samples of a law: noise of 2 %, and one in ten delayed for a while. */
function measured(of: Law, { rounds = 40, noise = 0.02, sizes = sizeGrid(16) } = {}) {
  const random = new Random('work')
  return sizes.flatMap((size) =>
    lengthGrid(8, 512, 8).map((length) => ({
      size,
      length,
      ms: Array.from({ length: rounds }, () => {
        const heldUp = random.uniform() < 0.1 ? random.exponential() : 0
        return of(size, length) * (1 + noise * random.normal() + heldUp)
      }),
    })),
  )
}

/** Largest relative error of the table against a law. */
function largestError(of: Law, fit: ReturnType<typeof fitWork>): number {
  return Math.max(
    ...fit.sizes.flatMap((size, i) =>
      fit.lengths.map((length, j) => Math.abs(fit.ms[i]![j]! / of(size, length) - 1)),
    ),
  )
}

describe('fitted work', () => {
  test('finds the law again, more exactly than the noise of its cells', () => {
    const samples = measured(law)
    const fit = fitWork(samples)
    // one delayed sample in ten moves a median by about a tenth of sigma
    expect(largestError(law, fit)).toBeLessThan(0.01)
    expect(Math.max(...fit.error.flat().map(Math.abs))).toBeLessThan(0.03)
  })

  test('keeps a real step', () => {
    const stepped: Law = (size, length) => law(size, length) * (size === 7 ? 1.15 : 1)
    const fit = fitWork(measured(stepped))
    expect(largestError(stepped, fit)).toBeLessThan(0.03)
    // the other cells cannot predict the step, and the error shows it
    const seven = fit.error[fit.sizes.indexOf(7)]!
    expect(seven.every((error) => error < -0.05 && error > -0.2)).toBe(true)
  })

  test('keeps a real step although some cells met a slow spell', () => {
    const stepped: Law = (size, length) => law(size, length) * (size === 1 ? 0.8 : 1)
    const samples = measured(stepped).map((cell, i) => {
      const spell = i % 9 === 4
      return spell ? { ...cell, ms: cell.ms.map((ms, k) => ms * (1 + (k % 5))) } : cell
    })
    const quiet = samples.filter((_, i) => i % 9 !== 4)
    const fit = fitWork(samples)
    for (const { size, length } of quiet.filter((cell) => cell.size === 1)) {
      const ms = fit.ms[fit.sizes.indexOf(size)]![fit.lengths.indexOf(length)]!
      expect(Math.abs(ms / stepped(size, length) - 1)).toBeLessThan(0.03)
    }
  })

  test('from few noisy samples is nearer to the law than their medians are', () => {
    const samples = measured(law, { rounds: 5, noise: 0.1 })
    const fit = fitWork(samples)
    const spread = (of: (size: number, length: number, ms: readonly number[]) => number) =>
      Math.sqrt(
        samples.reduce((sum, sample) => {
          const value = of(sample.size, sample.length, sample.ms)
          return sum + (value / law(sample.size, sample.length) - 1) ** 2
        }, 0) / samples.length,
      )
    const fitted = spread(
      (size, length) => fit.ms[fit.sizes.indexOf(size)]![fit.lengths.indexOf(length)]!,
    )
    const raw = spread((_, __, ms) => [...ms].sort((a, b) => a - b)[2]!)
    expect(fitted).toBeLessThan(0.8 * raw)
  })

  test('of one cell is that cell', () => {
    const fit = fitWork([{ size: 1, length: 1, ms: [2, 2, 2] }])
    expect(fit.ms[0]![0]).toBeCloseTo(2, 9)
    expect(fit.error).toEqual([[0]])
  })
})
