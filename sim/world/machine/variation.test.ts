import { mean, quantile } from 'simple-statistics'
import { describe, expect, test } from 'vitest'
import { stream } from '../../kernel/index.ts'
import { type SpedBatches, settle, varied } from './variation.ts'

const EVERY_MS = 4
const COUNT = 4000

/** Batches of 1 to 8 ms that take up to `noiseMs` longer, in turn on a machine of this speed. */
function batches(noiseMs: number, speedAt: (at: number) => number): SpedBatches {
  const random = stream(1, 0, 'batches')
  const work = Array.from({ length: COUNT }, (_, i) => 1 + ((5 * i) % 8))
  const times = work.map((_, i) => EVERY_MS * i)
  const durations = work.map((ms, i) => ms / speedAt(times[i]!) + noiseMs * random.uniform())
  return { times, work, speeds: work.map((ms, i) => ms / durations[i]!) }
}

const steady = () => 1

describe('the speed around batches', () => {
  test('is that of the machine, slow spells included', () => {
    const slow = (at: number) => (at % 1000 < 200 ? 0.7 : 1)
    const executor = batches(0, slow)
    const [speeds] = settle([executor]).speeds
    const right = executor.times.filter((at, i) => Math.abs(speeds![i]! - slow(at)) < 1e-9)
    // all but the batches beside the edge of a spell
    expect(right.length / COUNT).toBeGreaterThan(0.95)
  })

  test('does not have the chance of a small batch', () => {
    const { speeds } = settle([batches(0.5, steady)])
    const spread = quantile([...speeds[0]!], 0.99) / quantile([...speeds[0]!], 0.01)
    expect(spread).toBeLessThan(1.06)
    // that of single batches does
    const single = batches(0.5, steady).speeds
    expect(quantile([...single], 0.99) / quantile([...single], 0.01)).toBeGreaterThan(1.4)
  })
})

describe('the variation of batches', () => {
  test('is that of batches of their work', () => {
    const { variation } = settle([batches(0.5, steady)])
    expect(variation.map(({ atMs }) => atMs)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    const widths = variation.map(({ table }) => table.at(-1)! - table[0]!)
    widths.forEach((width, i) => {
      // noise is up to 0.5 ms, whatever the work
      expect(width * (i + 1)).toBeGreaterThan(0.4)
      expect(width * (i + 1)).toBeLessThan(0.8)
    })
  })

  test('together with the speed gives the time that batches take', () => {
    const executor = batches(0.5, steady)
    const { speeds, variation } = settle([executor])
    const random = stream(2, 0, 'service')
    const work = varied({ of: (size) => size, mean: (size) => size }, variation)
    for (const size of [1, 3, 8]) {
      const indices = executor.work.flatMap((ms, i) => (ms === size ? [i] : []))
      const measured = mean(indices.map((i) => size / executor.speeds[i]!))
      const drawn = mean(indices.map((i) => work.of(size, 1, random) / speeds[0]![i]!))
      expect(drawn / measured).toBeGreaterThan(0.99)
      expect(drawn / measured).toBeLessThan(1.01)
    }
  })

  test('has no class of equal work twice, and one class where all work is equal', () => {
    const equal = batches(0.5, steady)
    const { variation } = settle([{ ...equal, work: equal.work.map(() => 2) }])
    expect(variation.map(({ atMs }) => atMs)).toEqual([2])
  })

  test('has no class twice where work differs by less than a profile can state', () => {
    const equal = batches(0.5, steady)
    const work = equal.work.map((_, i) => 2 + (i < 3000 ? 0 : 1e-5))
    const { variation } = settle([{ ...equal, work }])
    expect(variation.map(({ atMs }) => atMs)).toEqual([2])
  })

  test('of no batches is none, and then work does not vary', () => {
    expect(settle([])).toEqual({ speeds: [], variation: [] })
    const work = { of: () => 3, mean: () => 3 }
    expect(varied(work, [])).toBe(work)
  })
})
