import { describe, expect, test } from 'vitest'
import { accept, type Trial } from './acceptance.ts'

const trial: Trial = {
  name: 'M/M/1 mean wait',
  estimate: 3.9941,
  standardError: 0.0256,
  halfWidth95: 0.0535,
  theory: 4,
}

describe('accept', () => {
  test('passes a precise estimate that agrees', () => {
    const { z, relativeHalfWidth, problem } = accept(trial)
    expect(problem).toBeNull()
    expect(z).toBeCloseTo(-0.0059 / 0.0256, 10)
    expect(relativeHalfWidth).toBeCloseTo(0.0535 / 4, 10)
  })

  test.each([4 * 1.05, 4 * 0.95])(
    'rejects a theory value that is 5 percent wrong: %f',
    (theory) => {
      expect(accept({ ...trial, theory }).problem).toMatch(
        /^M\/M\/1 mean wait: .* standard errors off/,
      )
    },
  )

  test('rejects an imprecise estimate even if it equals theory', () => {
    const vague = { ...trial, estimate: 4, standardError: 0.05, halfWidth95: 0.0801 }
    expect(accept(vague).problem).toMatch(/too vague/)
    expect(accept({ ...vague, halfWidth95: 0.0799 }).problem).toBeNull()
  })

  test('passes four standard errors, but not more', () => {
    const sharp = { ...trial, standardError: 0.01, halfWidth95: 0.02 }
    expect(accept({ ...sharp, estimate: 4.0399 }).problem).toBeNull()
    expect(accept({ ...sharp, estimate: 3.9599 }).problem).toMatch(/off/)
  })

  test('allows an exact estimate only rounding', () => {
    const exact = { ...trial, standardError: 0, halfWidth95: 0 }
    expect(accept({ ...exact, estimate: 4 * (1 + 1e-12) })).toMatchObject({ z: 0, problem: null })
    expect(accept({ ...exact, estimate: 4.001 }).problem).toMatch(/off/)
  })

  test('rejects NaN', () => {
    expect(accept({ ...trial, estimate: Number.NaN }).problem).not.toBeNull()
    expect(accept({ ...trial, halfWidth95: Number.NaN }).problem).not.toBeNull()
    expect(accept({ ...trial, theory: 0 }).problem).not.toBeNull()
  })
})
