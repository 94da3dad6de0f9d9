import { describe, expect, test } from 'vitest'
import { stream } from '../../kernel/index.ts'
import { blockRatios, type RatioBlock } from './block-ratio.ts'
import { percentile } from './percentile.ts'

const LEVELS = [0.5, 0.9, 0.95]

/** Blocks of lognormal latencies; `scale` of a side and block. */
function blocksOf(
  count: number,
  scale: (side: 'a' | 'b', block: number) => number,
  perBlock = 400,
): RatioBlock[] {
  const random = stream(1, 0, 'blocks')
  const side = (name: 'a' | 'b', block: number) =>
    Float64Array.from(
      { length: perBlock },
      () => scale(name, block) * Math.exp(random.normal()),
    ).sort()
  return Array.from({ length: count }, (_, i) => ({ a: side('a', i), b: side('b', i) }))
}

function ratiosOf(blocks: readonly RatioBlock[], seed = 1) {
  const random = stream(seed, 0, 'resamples')
  return blockRatios(blocks, LEVELS, () => random.uniform())
}

const together = (blocks: readonly RatioBlock[], side: 'a' | 'b') =>
  Float64Array.from(blocks.flatMap((block) => [...block[side]])).sort()

describe('the ratio of a percentile over blocks', () => {
  const blocks = blocksOf(9, (side, block) => (side === 'b' ? 2 : 1) * (1 + 0.1 * block))

  test('is that of the latencies of all blocks together', () => {
    const [a, b] = [together(blocks, 'a'), together(blocks, 'b')]
    for (const [i, estimate] of ratiosOf(blocks).entries()) {
      expect(estimate.a).toBe(percentile(a, LEVELS[i]!))
      expect(estimate.b).toBe(percentile(b, LEVELS[i]!))
      expect(estimate.ratio).toBe(estimate.b / estimate.a)
    }
  })

  test('lies in the middle of its interval, on the log scale, which is above 0', () => {
    for (const { ratio, low, high } of ratiosOf(blocks)) {
      expect(low).toBeGreaterThan(0)
      expect(low).toBeLessThan(ratio)
      expect(Math.sqrt(low! * high!)).toBeCloseTo(ratio, 9)
    }
  })

  test('has the same interval for the same draws, and the inverse one with sides exchanged', () => {
    expect(ratiosOf(blocks)).toEqual(ratiosOf(blocks))
    const exchanged = ratiosOf(blocks.map(({ a, b }) => ({ a: b, b: a })))
    for (const [i, { ratio, low, high }] of ratiosOf(blocks).entries()) {
      expect(1 / exchanged[i]!.ratio).toBeCloseTo(ratio, 9)
      expect(1 / exchanged[i]!.high!).toBeCloseTo(low!, 9)
      expect(1 / exchanged[i]!.low!).toBeCloseTo(high!, 9)
    }
  })

  test('has no interval from a single block', () => {
    for (const estimate of ratiosOf(blocks.slice(0, 1))) {
      expect([estimate.low, estimate.high]).toEqual([null, null])
      expect(estimate.ratio).toBeGreaterThan(1)
    }
  })

  test('has an interval of no width where all blocks are alike', () => {
    const block = { a: Float64Array.of(1, 2, 3), b: Float64Array.of(2, 4, 6) }
    for (const { ratio, low, high } of ratiosOf([block, block, block])) {
      expect([ratio, low, high]).toEqual([2, 2, 2])
    }
  })
})

/** Width on the log scale at p50. */
const width = (blocks: readonly RatioBlock[]) => {
  const { low, high } = ratiosOf(blocks)[0]!
  return Math.log(high! / low!)
}

test('what both sides of a block share cancels; with the blocks of one side shuffled it does not', () => {
  const speeds = [1, 1.6, 0.8, 1.3, 0.9, 1.5, 1.1, 0.7, 1.4, 1.2]
  const still = blocksOf(10, () => 1)
  const drifting = blocksOf(10, (_, block) => speeds[block]!)
  expect(width(drifting)).toBeLessThan(1.5 * width(still))
  const shuffled = drifting.map(({ a }, i) => ({ a, b: drifting[(i + 3) % 10]!.b }))
  expect(width(shuffled)).toBeGreaterThan(3 * width(drifting))
})

test('four times as many blocks have about half the interval', () => {
  const noisy = (count: number) => blocksOf(count, (_, block) => 1 + 0.05 * ((7 * block) % 5), 100)
  expect(width(noisy(40)) / width(noisy(10))).toBeGreaterThan(0.35)
  expect(width(noisy(40)) / width(noisy(10))).toBeLessThan(0.65)
})
