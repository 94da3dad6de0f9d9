import { expect, test } from 'vitest'
import { posterior } from './posterior.ts'

/** Two values of which the figures tell only the product, to 5 %. */
const misfit = ([a, b]: readonly number[]) => 1 + (Math.log(a! * b!) / 0.05) ** 2

const draws = posterior({ start: [2, 0.6], misfit, figures: 16, chains: 10, generations: 400 })

const spread = (values: readonly number[]) => {
  const sorted = values.map(Math.log).sort((a, b) => a - b)
  return sorted[Math.floor(0.95 * sorted.length)]! - sorted[Math.floor(0.05 * sorted.length)]!
}

test('draws agree in what the figures tell, and not in what they leave open', () => {
  const products = draws.map(({ values: [a, b] }) => a! * b!)
  expect(products.reduce((sum, value) => sum + value, 0) / draws.length).toBeCloseTo(1, 1)
  expect(spread(products)).toBeLessThan(0.1)
  expect(spread(draws.map(({ values: [a] }) => a!))).toBeGreaterThan(1)
})
