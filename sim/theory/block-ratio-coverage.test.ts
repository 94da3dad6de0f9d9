import { expect, test } from 'vitest'
import { stream } from '../kernel/index.ts'
import { percentile } from '../stats/index.ts'
import { blockRatioCoverage, type DriftingBlocks, drawBlocks } from './block-ratio-coverage.ts'

const LEVELS = [0.5, 0.95]
const RATIO = 0.7

const model = (blocks: number): DriftingBlocks => ({
  blocks,
  requests: 40,
  ratio: RATIO,
  skew: 0.8,
  drift: 0.15,
  correlation: 0.7,
  sliceNoise: 0.05,
})

/** `npm run validate` has more trials and more blocks. */
const covered = (of: DriftingBlocks, truth: number) =>
  blockRatioCoverage(of, LEVELS, { trials: 400, random: stream(1, 0, 'coverage'), truth })

test('the interval of a ratio over blocks has its nominal coverage', () => {
  for (const { low, high } of covered(model(8), RATIO)) {
    expect(low).toBeLessThan(0.95)
    expect(high).toBeGreaterThan(0.95)
  }
})

test('negative control: a ratio that is 40 % off is mostly outside', () => {
  for (const { high } of covered(model(8), 1.4 * RATIO)) expect(high).toBeLessThan(0.5)
})

test('the true ratio is that of every percentile', () => {
  const blocks = drawBlocks({ ...model(400), requests: 400 }, stream(1, 0, 'truth'))
  const together = (side: 'a' | 'b') =>
    Float64Array.from(blocks.flatMap((block) => [...block[side]])).sort()
  const [a, b] = [together('a'), together('b')]
  for (const p of LEVELS) expect(percentile(b, p) / percentile(a, p)).toBeCloseTo(RATIO, 2)
})
