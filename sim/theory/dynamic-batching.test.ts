import { describe, expect, test } from 'vitest'
import { batchingLoad, dynamicBatching } from './dynamic-batching.ts'
import { md1MeanWait } from './mg1.ts'

const serviceTime = (batch: number) => batch + 5

describe('dynamic batching', () => {
  test.each([
    [0.5, 8, 17.3418],
    [0.5, 64, 16.6502],
    [0.55, 8, 21.3552],
  ])('at rate %f with batches up to %i has a mean sojourn of %f', (arrivalRate, maxBatch, mean) => {
    expect(dynamicBatching({ arrivalRate, maxBatch, serviceTime }).meanSojourn).toBeCloseTo(mean, 4)
  })

  test('with batches of one is M/D/1', () => {
    for (const arrivalRate of [0.1, 0.5, 0.8, 0.95]) {
      const figures = dynamicBatching({ arrivalRate, maxBatch: 1, serviceTime: () => 1 })
      const theory = md1MeanWait({ arrivalRate, service: 1 }) + 1
      expect(figures.meanSojourn / theory).toBeCloseTo(1, 9)
      expect(figures.utilisation).toBeCloseTo(arrivalRate, 10)
      expect(figures.meanBatch).toBeCloseTo(1, 12)
    }
  })

  test('conserves requests: rate = utilisation E[batch] / E[service], with linear service', () => {
    for (const arrivalRate of [0.05, 0.3, 0.59]) {
      const figures = dynamicBatching({ arrivalRate, maxBatch: 8, serviceTime })
      const served = (figures.utilisation * figures.meanBatch) / serviceTime(figures.meanBatch)
      expect(served / arrivalRate).toBeCloseTo(1, 9)
    }
  })

  test('at very low rates serves each request alone and at once', () => {
    const figures = dynamicBatching({ arrivalRate: 1e-6, maxBatch: 16, serviceTime })
    expect(figures.meanSojourn).toBeCloseTo(6, 3)
    expect(figures.meanBatch).toBeCloseTo(1, 4)
  })

  test('at high load has full batches', () => {
    expect(dynamicBatching({ arrivalRate: 0.612, maxBatch: 8, serviceTime }).meanBatch).toBeCloseTo(
      8,
      0,
    )
  })

  test('is stable exactly where lambda s(b) < b', () => {
    const queue = { arrivalRate: 8 / 13, maxBatch: 8, serviceTime }
    expect(batchingLoad(queue)).toBeCloseTo(1, 12)
    expect(() => dynamicBatching({ ...queue, arrivalRate: 0.62 })).toThrow('below 1')
    expect(dynamicBatching({ ...queue, arrivalRate: 0.61 }).meanSojourn).toBeGreaterThan(100)
  })
})

/**
 * Upper bound of the mean sojourn for unlimited batches, where a batch of k takes perRequest k +
 * base: Inoue 2021, Queueing analysis of GPU-based inference servers with dynamic batching (arXiv
 * 1912.06322), min(phi0, phi1).
 */
function inoueBound(arrivalRate: number, perRequest: number, base: number): number {
  const load = arrivalRate * perRequest
  const started = arrivalRate * base
  const phi0 =
    ((perRequest + base) / (2 * (1 - load))) * (1 + 2 * started + (1 - started) / (1 + load))
  const phi1 = (1.5 * base) / (1 - load) + ((perRequest / 2) * (load + 2)) / (1 - load * load)
  return Math.min(phi0, phi1)
}

describe('the bound of Inoue', () => {
  const cases: [number, number, number][] = []
  for (const load of [0.05, 0.2, 0.5, 0.7, 0.85]) {
    for (const [perRequest, base] of [
      [1, 0.1],
      [1, 1],
      [1, 5],
      [0.2, 3],
      [2, 20],
    ] as const) {
      cases.push([load, perRequest, base])
    }
  }

  test.each(cases)('at load %f with s(k) = %f k + %f is never violated, and close', (...of) => {
    const [load, perRequest, base] = of
    const arrivalRate = load / perRequest
    const { meanSojourn } = dynamicBatching({
      arrivalRate,
      // so large that the cap hardly changes the load
      maxBatch: 256,
      serviceTime: (k) => perRequest * k + base,
    })
    const bound = inoueBound(arrivalRate, perRequest, base)
    expect(meanSojourn).toBeLessThanOrEqual(bound * (1 + 1e-9))
    expect(meanSojourn).toBeGreaterThan(bound * 0.92)
  })
})
