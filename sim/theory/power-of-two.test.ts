import { expect, test } from 'vitest'
import { mm1MeanWait } from './mm1.ts'
import { powerOfTwoMeanWait, powerOfTwoTail } from './power-of-two.ts'

// Mitzenmacher 2001: predicted mean times in the system with two choices
test.each([
  [0.5, 1.2658],
  [0.7, 1.6145],
  [0.8, 1.9475],
  [0.9, 2.6141],
  [0.95, 3.3828],
])('at load %f the mean time in the system is %f', (load, expected) => {
  expect(powerOfTwoMeanWait(load) + 1).toBeCloseTo(expected, 2)
})

test('queues are shorter than those of random splitting', () => {
  for (const load of [0.3, 0.6, 0.9]) {
    expect(powerOfTwoTail(load, 1)).toBeCloseTo(load, 12)
    for (const k of [2, 3, 4]) expect(powerOfTwoTail(load, k)).toBeLessThan(load ** k)
    expect(powerOfTwoMeanWait(load)).toBeLessThan(
      mm1MeanWait({ arrivalRate: load, serviceRate: 1 }),
    )
  }
})
