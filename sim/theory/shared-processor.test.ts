import { expect, test } from 'vitest'
import { mm1MeanSojourn } from './mm1.ts'
import { sharedProcessorMeanSojourns } from './shared-processor.ts'

const SERVICE: [number, number] = [1, 1]

test('two alike queues have as many requests together as one queue of all', () => {
  const [first, second] = sharedProcessorMeanSojourns({
    arrivalRates: [0.35, 0.35],
    serviceRates: SERVICE,
    switchShare: 0,
  })
  // no work is lost, and the service is exponential
  const together = mm1MeanSojourn({ arrivalRate: 0.7, serviceRate: 1 })
  expect(first).toBeCloseTo(together, 6)
  expect(second).toBeCloseTo(together, 6)
})

test('a queue beside one that is hardly ever used is alone', () => {
  const [first] = sharedProcessorMeanSojourns({
    arrivalRates: [0.5, 1e-9],
    serviceRates: SERVICE,
    switchShare: 0,
  })
  expect(first).toBeCloseTo(mm1MeanSojourn({ arrivalRate: 0.5, serviceRate: 1 }), 6)
})

test('the lengths balance: unequal queues have the number that their common speed gives', () => {
  const model = {
    arrivalRates: [0.5, 0.1],
    serviceRates: SERVICE,
    switchShare: 0,
  } as const
  const [first, second] = sharedProcessorMeanSojourns(model)
  expect(0.5 * first + 0.1 * second).toBeCloseTo(0.6 / 0.4, 6)
  // the short queue is served at half the speed at least
  expect(second).toBeLessThan(first)
  expect(second).toBeGreaterThan(1)
})

test('switching takes time from both', () => {
  const model = { arrivalRates: [0.3, 0.2], serviceRates: [1, 0.8] } as const
  const free = sharedProcessorMeanSojourns({ ...model, switchShare: 0 })
  const lossy = sharedProcessorMeanSojourns({ ...model, switchShare: 0.1 })
  expect(lossy[0]).toBeGreaterThan(1.02 * free[0])
  expect(lossy[1]).toBeGreaterThan(1.02 * free[1])
})
