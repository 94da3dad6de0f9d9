import { describe, expect, test } from 'vitest'
import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { stream, sum } from '../../kernel/index.ts'
import { EffectFit } from './input-effects.ts'
import {
  drawn,
  ISHIGAMI,
  ISHIGAMI_INDICES,
  input,
  ishigami,
} from './uncertain-inputs.test-helper.ts'

const EXACT = { standardError: 0, degrees: 9 }

/** What narrows the interval of a function of the inputs. */
function narrowingsOf(
  inputs: readonly UncertainInput[],
  of: (values: readonly number[]) => number,
  { draws = 64, error = EXACT } = {},
) {
  const values = drawn(inputs, draws)
  const figures = values.map((each) => [of(each)])
  return new EffectFit(inputs, values).narrowings({ values: figures, perUnit: 1 }, error)!
}

const within = (value: number, truth: number, share: number) => Math.abs(value / truth - 1) <= share

describe('a product of lognormal inputs', () => {
  const inputs = [input('a', 12, '± 10 %'), input('b', 3, '± 20 %'), input('c', 1, '± 5 %')]
  const product = ([a, b, c]: readonly number[]) =>
    2 * Math.log(a!) + Math.log(b!) - 3 * Math.log(c!)
  const parts = [2 * Math.log(1.1), Math.log(1.2), 3 * Math.log(1.05)].map((part) => part ** 2)

  test('with one known exactly is as wide as the others', () => {
    for (const [i, { left }] of narrowingsOf(inputs, product).entries()) {
      const truth = Math.sqrt(1 - parts[i]! / sum(parts))
      expect(within(left.value, truth, 0.02)).toBe(true)
      // negative control
      expect(within(left.value, 1.05 * truth, 0.02)).toBe(false)
    }
  })

  test('has the error of the draws beside the others', () => {
    const standardError = 0.2
    const error = { standardError, degrees: 1e6 }
    const ofDraws = (standardError * 1.96) ** 2
    for (const [i, { left }] of narrowingsOf(inputs, product, { error }).entries()) {
      const truth = Math.sqrt((sum(parts) - parts[i]! + ofDraws) / (sum(parts) + ofDraws))
      expect(within(left.value, truth, 0.02)).toBe(true)
    }
  })

  test('needs an input no better than a width at which to know it exactly gains 5 %', () => {
    for (const [i, { enough }] of narrowingsOf(inputs, product).entries()) {
      const others = sum(parts) - parts[i]!
      const truth = Math.sqrt(((1 / 0.95 ** 2 - 1) * others) / parts[i]!)
      expect(within(enough.value, Math.min(1, truth), 0.1)).toBe(true)
      expect(enough.low).toBeLessThanOrEqual(enough.value)
      expect(enough.high).toBeGreaterThanOrEqual(enough.value)
    }
  })
})

test('a sum of two equal ranges is as wide as a range where one is known', () => {
  const inputs = [input('a', 0, [-3, 3]), input('b', 0, [-3, 3])]
  const [a] = narrowingsOf(inputs, ([x, y]) => x! + y!)
  // the middle 95 % of a range, and of the triangle that two are: not the root of half
  const truth = (0.95 * 6) / (12 * (1 - Math.sqrt(0.05)))
  expect(within(a!.left.value, truth, 0.03)).toBe(true)
  expect(within(a!.left.value, Math.SQRT1_2, 0.03)).toBe(false)
})

test('an input that does nothing narrows nothing, and is known well enough', () => {
  const inputs = [input('a', 12, '± 10 %'), input('b', 3, '± 20 %')]
  const [a, b] = narrowingsOf(inputs, ([x]) => Math.log(x!))
  for (const end of [b!.left.low, b!.left.value, b!.enough.low]) expect(end).toBeCloseTo(1, 6)
  expect(a!.left.value).toBeLessThan(0.05)
  expect(a!.enough.value).toBeLessThan(0.05)
})

test('of inputs that act together, what is left is a mean over what a measurement finds', () => {
  const inputs = [input('a', 0, [-1, 1]), input('b', 0, [-1, 1])]
  const scales = [0.8, 0.5].map((scale) => scale * Math.sqrt(3))
  const of = ([a, b]: readonly number[]) => (1 + scales[0]! * a!) * (1 + scales[1]! * b!)
  const grid = Array.from({ length: 200 }, (_, i) => -1 + (i + 0.5) / 100)
  const range = (values: readonly number[]) => {
    const sorted = [...values].sort((a, b) => a - b)
    const at = (p: number) => sorted[Math.floor(p * sorted.length)]!
    return at(0.975) - at(0.025)
  }
  const whole = range(grid.flatMap((a) => grid.map((b) => of([a, b]))))
  const known = [
    grid.map((a) => range(grid.map((b) => of([a, b])))),
    grid.map((b) => range(grid.map((a) => of([a, b])))),
  ]
  for (const [i, { left }] of narrowingsOf(inputs, of, { draws: 128 }).entries()) {
    const truth = sum(known[i]!) / grid.length / whole
    expect(within(left.value, truth, 0.04)).toBe(true)
  }
})

test('what a fit leaves open is in the interval of what is left', () => {
  // with so few draws nothing has the shape of Ishigami's function
  const few = narrowingsOf(ISHIGAMI, ishigami, { draws: 32 })
  const many = narrowingsOf(ISHIGAMI, ishigami, { draws: 256 })
  for (const [i, { left }] of few.entries()) {
    const truth = Math.sqrt(1 - ISHIGAMI_INDICES.first[i]!)
    expect(left.low).toBeLessThan(truth + 0.05)
    expect(left.high).toBeGreaterThan(truth - 0.05)
    const wide = left.high! - left.low!
    expect(many[i]!.left.high! - many[i]!.left.low!).toBeLessThan(wide)
  }
})

test('intervals hold what is left in about 95 % of noisy figures', () => {
  const inputs = [input('a', 12, '± 10 %'), input('b', 3, '± 10 %')]
  const values = drawn(inputs, 64)
  const fit = new EffectFit(inputs, values)
  const random = stream(1, 0, 'noise')
  const noise = 0.03
  const parts = [2, 1].map((power) => (power * (Math.log(1.1) / 1.96)) ** 2)
  const open = noise ** 2 / 4
  const trials = 60
  const held = [0, 0]
  for (let trial = 0; trial < trials; trial++) {
    const figures = values.map(([a, b]) =>
      Array.from({ length: 4 }, () => {
        return 2 * Math.log(a!) + Math.log(b!) + noise * random.normal()
      }),
    )
    const narrowings = fit.narrowings({ values: figures, perUnit: 1 }, EXACT)!
    for (const [i, { left }] of narrowings.entries()) {
      const truth = Math.sqrt((sum(parts) - parts[i]! + open) / (sum(parts) + open))
      if (left.low! <= truth && truth <= left.high!) held[i]!++
    }
  }
  for (const count of held) expect(count / trials).toBeGreaterThan(0.9)
})
