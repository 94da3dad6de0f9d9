import { expect, test } from 'vitest'
import { stream } from '../../kernel/index.ts'
import { normalQuantile } from '../intervals/normal.ts'
import { probabilityBelow, widerInterval } from './wider-interval.ts'

const spread = (n: number, deviation: number) =>
  Array.from({ length: n }, (_, i) => deviation * normalQuantile((i + 0.5) / n))

test('without an error it is the middle 95 % of the draws', () => {
  const centres = spread(256, 1)
  const [low, high] = widerInterval({ centres, standardError: 0, degrees: 9 })
  expect(low).toBeCloseTo(-1.96, 1)
  expect(high).toBeCloseTo(1.96, 1)
})

test('where inputs change nothing it is the t interval of the draws', () => {
  const centres = Array<number>(32).fill(5)
  const [low, high] = widerInterval({ centres, standardError: 2, degrees: 9 })
  expect((high - low) / 2 / 2).toBeCloseTo(2.26, 1)
  expect((low + high) / 2).toBeCloseTo(5, 9)
})

test('both add up in squares', () => {
  const [, high] = widerInterval({ centres: spread(256, 1), standardError: 1, degrees: 1000 })
  expect(high).toBeCloseTo(1.96 * Math.SQRT2, 1)
})

test('draws in another order have the same interval', () => {
  const random = stream(1, 0, 'order')
  const centres = spread(32, 1)
  const mixed = [...centres].sort(() => random.uniform() - 0.5)
  const of = (values: readonly number[]) =>
    widerInterval({ centres: values, standardError: 0.5, degrees: 9 })
  expect(of(mixed)).toEqual(of(centres))
})

test('infinite draws leave no upper end where they are more than 2.5 %', () => {
  const law = (lost: number) => ({
    centres: [...spread(64 - lost, 1), ...Array<number>(lost).fill(Number.POSITIVE_INFINITY)],
    standardError: 0.1,
    degrees: 9,
  })
  expect(widerInterval(law(4))[1]).toBe(Number.POSITIVE_INFINITY)
  expect(widerInterval(law(4))[0]).toBeGreaterThan(-3)
  expect(probabilityBelow(law(4), 1e9)).toBeCloseTo(60 / 64, 1)
})

test('the probability below a limit is that of the draws and the error', () => {
  const law = { centres: spread(256, 1), standardError: 1, degrees: 1000 }
  expect(probabilityBelow(law, 0)).toBeCloseTo(0.5, 2)
  expect(probabilityBelow(law, Math.SQRT2)).toBeCloseTo(0.841, 2)
})
