import { expect, test } from 'vitest'
import { simplexSearch } from './simplex.ts'

const AT = [3, 0.02, 700]
const bowl = (parameters: readonly number[]) =>
  parameters.reduce((sum, value, i) => sum + (i + 1) * Math.log(value / AT[i]!) ** 2, 0)

test('the search finds the least misfit from far away, and is no better than it', () => {
  const found = simplexSearch([10, 0.1, 100], bowl)
  for (const [i, value] of found.entries()) expect(value / AT[i]!).toBeCloseTo(1, 2)
  expect(bowl(AT.map((value) => value * 1.05))).toBeGreaterThan(bowl(found))
})

test('steps in the misfit do not stop it', () => {
  const rough = (parameters: readonly number[]) => Math.ceil(bowl(parameters) * 50) / 50
  const found = simplexSearch([10, 0.1, 100], rough)
  expect(rough(found)).toBeLessThan(rough([10, 0.1, 100]) / 20)
})
