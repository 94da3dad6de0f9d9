import { describe, expect, test } from 'vitest'
import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { stream, sum } from '../../kernel/index.ts'
import { EffectFit } from './input-effects.ts'
import { drawnValue } from './law-quantile.ts'
import { polynomialsOf } from './orthonormal.ts'
import { drawsForPairs, leastDraws } from './polynomial-terms.ts'
import {
  drawn,
  ISHIGAMI,
  ISHIGAMI_INDICES,
  input,
  ishigami,
} from './uncertain-inputs.test-helper.ts'

/** Effects on a function of the inputs; on its logarithm unless `plain`. */
function effectsOn(
  inputs: readonly UncertainInput[],
  draws: number,
  of: (values: readonly number[]) => number,
) {
  const values = drawn(inputs, draws)
  const figures = values.map((each) => [Math.log(of(each))])
  return new EffectFit(inputs, values).effects({ values: figures, perUnit: 1 })!
}

describe('polynomials of an input', () => {
  test.each([
    ['lognormal', input('x', 12, '± 30 %')],
    ['normal', input('x', 12, '± 2')],
    ['uniform', input('x', 0, [-1, 1])],
    [
      'quantiles',
      {
        ...input('x', 2, [1, 3]),
        law: {
          law: 'quantiles',
          quantiles: [
            [0, 1],
            [0.8, 2],
            [1, 9],
          ],
        },
      },
    ],
    ['whole', { ...input('x', 4, [1, 7]), whole: true }],
  ] as readonly (readonly [string, UncertainInput])[])(
    'are orthonormal under a %s law',
    (_, of) => {
      const { at } = polynomialsOf(of)
      const grid = Array.from({ length: 4096 }, (_, i) => at(drawnValue(of, (i + 0.5) / 4096)))
      const mean = (j: number, k: number) => sum(grid.map((p) => p[j]! * p[k]!)) / grid.length
      for (const j of [0, 1, 2]) {
        expect(sum(grid.map((p) => p[j]!)) / grid.length).toBeCloseTo(0, 2)
        for (const k of [0, 1, 2]) expect(mean(j, k)).toBeCloseTo(j === k ? 1 : 0, 1)
      }
    },
  )

  test('are none of an input whose draws are all one whole number', () => {
    expect(polynomialsOf({ ...input('x', 4, [3.9, 4.1]), whole: true }).slopes).toEqual([])
  })
})

describe('effects on functions of known shares', () => {
  test('of a product of powers are the powers, and their squares by the widths', () => {
    const inputs = [input('a', 12, '± 10 %'), input('b', 3, '± 20 %'), input('c', 1, '± 5 %')]
    const { inputs: effects, together } = effectsOn(
      inputs,
      64,
      ([a, b, c]) => a! ** 2 * b! * c! ** -3,
    )
    const parts = [2 * Math.log(1.1), Math.log(1.2), 3 * Math.log(1.05)].map((part) => part ** 2)
    for (const [i, power] of [2, 1, -3].entries()) {
      expect(effects[i]!.elasticity.value).toBeCloseTo(power, 6)
      expect(effects[i]!.share.value).toBeCloseTo(parts[i]! / sum(parts), 3)
    }
    expect(together).toBeCloseTo(0, 6)
    for (const { share, total } of effects) expect(total.value).toBeCloseTo(share.value, 6)
  })

  test('of a sum of uniform inputs are the squares of their ranges', () => {
    const inputs = [input('a', 2, [1, 3]), input('b', 0, [-1, 1]), input('c', 5, [1, 9])]
    const values = drawn(inputs, 64)
    const figures = values.map(([a, b, c]) => [3 * a! + b! + 0.5 * c!])
    const { inputs: effects } = new EffectFit(inputs, values).effects({
      values: figures,
      perUnit: 1,
    })!
    const parts = [3 * 2, 2, 0.5 * 8].map((part) => part ** 2)
    for (const [i, part] of parts.entries()) {
      expect(effects[i]!.share.value).toBeCloseTo(part / sum(parts), 2)
      const { low, high } = effects[i]!.share
      expect(low).toBeLessThanOrEqual(part / sum(parts) + 0.005)
      expect(high).toBeGreaterThanOrEqual(part / sum(parts) - 0.005)
    }
    // of inputs that may be 0, per cent of the stated value
    expect(effects[1]!.elasticity.value).toBeCloseTo(0, 9)
  })

  test('of a product of inputs leave what these do together', () => {
    const inputs = [input('a', 0, [-1, 1]), input('b', 0, [-1, 1])]
    const values = drawn(inputs, 128)
    const scales = [0.8, 0.5].map((scale) => scale * Math.sqrt(3))
    const figures = values.map((each) => [
      (1 + scales[0]! * each[0]!) * (1 + scales[1]! * each[1]!),
    ])
    const { inputs: effects, together } = new EffectFit(inputs, values).effects({
      values: figures,
      perUnit: 1,
    })!
    const all = (1 + 0.64) * (1 + 0.25) - 1
    expect(effects[0]!.share.value).toBeCloseTo(0.64 / all, 2)
    expect(effects[1]!.share.value).toBeCloseTo(0.25 / all, 2)
    expect(together).toBeCloseTo((0.64 * 0.25) / all, 2)
    expect(effects[0]!.total.value).toBeCloseTo((0.64 + 0.64 * 0.25) / all, 2)
    expect(effects[1]!.total.value).toBeCloseTo((0.25 + 0.64 * 0.25) / all, 2)
  })

  const ofIshigami = (draws: number) => {
    const values = drawn(ISHIGAMI, draws)
    const figures = values.map((each) => [ishigami(each)])
    return new EffectFit(ISHIGAMI, values).effects({ values: figures, perUnit: 1 })!
  }

  test('of Ishigami are its indices, where draws have room for higher degrees', () => {
    const { inputs: effects, open } = ofIshigami(256)
    expect(open).toBeLessThan(0.1)
    for (const [i, { share, total }] of effects.entries()) {
      expect(Math.abs(share.value - ISHIGAMI_INDICES.first[i]!)).toBeLessThan(0.05)
      expect(Math.abs(total.value - ISHIGAMI_INDICES.total[i]!)).toBeLessThan(0.05)
    }
  })

  test.each([64, 128, 256])(
    'of Ishigami: with %i draws the intervals of totals hold them, whatever is left open',
    (draws) => {
      for (const [i, { total }] of ofIshigami(draws).inputs.entries()) {
        expect(total.low).toBeLessThanOrEqual(ISHIGAMI_INDICES.total[i]! + 0.05)
        expect(total.high).toBeGreaterThanOrEqual(ISHIGAMI_INDICES.total[i]! - 0.05)
      }
    },
  )

  test('of Ishigami leave much open where draws are few, and say so', () => {
    expect(ofIshigami(64).open).toBeGreaterThan(0.2)
  })

  test('of M/M/1 are within 3 % of 1 / (1 - load) and load / (1 - load)', () => {
    const inputs = [input('service', 0.01, '± 10 %'), input('rate', 70, '± 10 %')]
    const { inputs: effects } = effectsOn(inputs, 64, ([s, rate]) => 1 / (1 / s! - rate!))
    expect(near(effects[0]!.elasticity.value, 1 / 0.3)).toBe(true)
    expect(near(effects[1]!.elasticity.value, 0.7 / 0.3)).toBe(true)
    // negative control
    expect(near(effects[0]!.elasticity.value, 1.05 / 0.3)).toBe(false)
  })

  test('of M/D/1 are within 3 % of those of Pollaczek and Khinchine', () => {
    const inputs = [input('service', 0.01, '± 10 %'), input('rate', 60, '± 10 %')]
    const { inputs: effects } = effectsOn(inputs, 64, ([s, rate]) => {
      const load = s! * rate!
      return (s! * (2 - load)) / 2 / (1 - load)
    })
    const ofRate = 0.6 / (2 - 0.6) / (1 - 0.6)
    expect(near(effects[0]!.elasticity.value, 1 + ofRate)).toBe(true)
    expect(near(effects[1]!.elasticity.value, ofRate)).toBe(true)
  })
})

const near = (value: number, truth: number) => Math.abs(value / truth - 1) <= 0.03

/** Shares of the variance that two inputs have alone, and with what they do together. */
interface Indices {
  readonly first: readonly number[]
  readonly total: readonly number[]
}

/** The indices of a function of two inputs, by a mean over a grid of both. */
function indicesOfTwo(
  inputs: readonly UncertainInput[],
  of: (values: readonly number[]) => number,
): Indices {
  const points = 256
  const [first, second] = inputs.map((each) =>
    Array.from({ length: points }, (_, i) => drawnValue(each, (i + 0.5) / points)),
  )
  const rows = first!.map((a) => second!.map((b) => of([a, b])))
  const mean = sum(rows.flat()) / points ** 2
  const variance = (values: readonly number[]) =>
    sum(values.map((value) => (value - mean) ** 2)) / values.length
  const whole = variance(rows.flat())
  const ofFirst = variance(rows.map((row) => sum(row) / points)) / whole
  const columns = second!.map((_, j) => sum(rows.map((row) => row[j]!)) / points)
  const ofSecond = variance(columns) / whole
  return { first: [ofFirst, ofSecond], total: [1 - ofSecond, 1 - ofFirst] }
}

describe('intervals of shares hold closed forms', () => {
  const SERVICE_AND_RATE = [input('service', 0.01, '± 10 %'), input('rate', 70, '± 10 %')]
  const mm1 = ([s, rate]: readonly number[]) => Math.log(1 / (1 / s! - rate!))
  const UNIFORM = [input('a', 0, [-1, 1]), input('b', 0, [-1, 1])]
  // a uniform number from -1 to 1 has a variance of 1 / 3
  const scales = [0.8, 0.5].map((scale) => scale * Math.sqrt(3))
  const ofProduct = (1 + 0.64) * (1 + 0.25) - 1
  const together = (0.64 * 0.25) / ofProduct
  const cases: readonly (readonly [
    name: string,
    inputs: readonly UncertainInput[],
    of: (values: readonly number[]) => number,
    indices: Indices,
  ])[] = [
    ['a sum', UNIFORM, ([a, b]) => 2 * a! + b!, { first: [0.8, 0.2], total: [0.8, 0.2] }],
    [
      'a product',
      UNIFORM,
      ([a, b]) => (1 + scales[0]! * a!) * (1 + scales[1]! * b!),
      {
        first: [0.64 / ofProduct, 0.25 / ofProduct],
        total: [0.64 / ofProduct + together, 0.25 / ofProduct + together],
      },
    ],
    ['the latency of M/M/1', SERVICE_AND_RATE, mm1, indicesOfTwo(SERVICE_AND_RATE, mm1)],
  ]

  /** What the draws of a deterministic function are off by. */
  const SLACK = 0.01

  test.each(cases)('of %s', (_, inputs, of, { first, total }) => {
    const values = drawn(inputs, 128)
    const figures = values.map((each) => [of(each)])
    const { inputs: effects } = new EffectFit(inputs, values).effects({
      values: figures,
      perUnit: 1,
    })!
    const holds = ({ low, high }: { low: number | null; high: number | null }, truth: number) =>
      low! - SLACK <= truth && truth <= high! + SLACK
    for (const [i, effect] of effects.entries()) {
      expect(holds(effect.share, first[i]!)).toBe(true)
      expect(holds(effect.total, total[i]!)).toBe(true)
      // negative control: the share of the other input
      expect(holds(effect.share, first[1 - i]!)).toBe(false)
    }
  })

  test('of M/M/1 by a grid are those of its elasticities where widths are small', () => {
    const narrow = [input('service', 0.01, '± 0.1 %'), input('rate', 70, '± 0.1 %')]
    const { first } = indicesOfTwo(narrow, mm1)
    // elasticities of 1 / 0.3 and 0.7 / 0.3
    expect(first[0]!).toBeCloseTo(1 / (1 + 0.49), 3)
    expect(first[1]!).toBeCloseTo(0.49 / (1 + 0.49), 3)
  })
})

describe('intervals of effects', () => {
  test('hold the truth in about 95 % of noisy figures', () => {
    const inputs = [input('a', 12, '± 10 %'), input('b', 3, '± 10 %')]
    const values = drawn(inputs, 64)
    const fit = new EffectFit(inputs, values)
    const random = stream(1, 0, 'noise')
    const held = [0, 0]
    const trials = 400
    for (let trial = 0; trial < trials; trial++) {
      const common = Array.from({ length: 4 }, () => 0.2 * random.normal())
      const figures = values.map(([a, b]) =>
        common.map((shift) => {
          const noise = shift * Math.log(a! / 12) + 0.03 * random.normal()
          return 2 * Math.log(a!) + Math.log(b!) + noise
        }),
      )
      const { inputs: effects } = fit.effects({ values: figures, perUnit: 1 })!
      for (const [i, power] of [2, 1].entries()) {
        const { low, high } = effects[i]!.elasticity
        if (low! <= power && power <= high!) held[i]!++
      }
    }
    for (const count of held) {
      expect(count / trials).toBeGreaterThan(0.93)
      expect(count / trials).toBeLessThanOrEqual(1)
    }
  })

  test('are none where nothing varies, and where a draw is infinite', () => {
    const inputs = [input('a', 12, '± 10 %')]
    const values = drawn(inputs, 32)
    const fit = new EffectFit(inputs, values)
    expect(fit.effects({ values: values.map(() => [1, 1]), perUnit: 1 })).toBeNull()
    const lost = values.map((_, i) => [i === 3 ? Number.POSITIVE_INFINITY : i])
    expect(fit.effects({ values: lost, perUnit: 1 })).toBeNull()
  })

  test('need three draws for each input, and for each pair where inputs act together', () => {
    expect([1, 9, 10, 20, 40].map(leastDraws)).toEqual([32, 32, 64, 64, 128])
    expect([1, 3, 4, 8, 12].map(drawsForPairs)).toEqual([32, 32, 64, 256, 512])
  })
})
