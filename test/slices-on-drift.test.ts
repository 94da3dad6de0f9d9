import { mean, standardDeviation } from 'simple-statistics'
import { describe, expect, test } from 'vitest'
import type { Block, Slicing } from '../sim/experiment/index.ts'
import { stream } from '../sim/kernel/index.ts'
import { blockRatios } from '../sim/stats/index.ts'
import { driftingSpeeds, playedBlocks, RUN_MS } from './drifting-machine.ts'

/**
 * Slices of a what-if against whole replays, for the same total time, on machines whose drift is
 * known.
 */

const ROUNDS = 4
const MACHINES = Array.from({ length: 16 }, (_, i) => i + 1)
/** As `slicingOf` cuts ten seconds. */
const SLICING: Slicing = { slices: 10, sliceMs: 1000, gapMs: 50 }

/** ln ratio and width of its interval on the log scale, at p50, on each machine. */
function measured(slicing: Slicing | null, scale: number, change = (blocks: Block[]) => blocks) {
  return MACHINES.map((seed) => {
    const speeds = driftingSpeeds(seed, 2 * ROUNDS * RUN_MS + 1000, scale)
    const blocks = playedBlocks(speeds, { rounds: ROUNDS, slicing, seed }).flat()
    const random = stream(seed, 0, 'resamples')
    const estimate = blockRatios(change(blocks), [0.5], () => random.uniform())[0]!
    return {
      ratio: Math.log(estimate.ratio),
      width: Math.log(estimate.high! / estimate.low!),
      blocks,
    }
  })
}

const spread = (trials: ReturnType<typeof measured>) =>
  standardDeviation(trials.map(({ ratio }) => ratio))
const width = (trials: ReturnType<typeof measured>) => mean(trials.map((trial) => trial.width))

describe('on a machine that drifts over seconds and minutes', () => {
  const whole = measured(null, 1)
  const sliced = measured(SLICING, 1)

  test('ratios from slices scatter less than half as much as those of whole replays', () => {
    expect(spread(sliced)).toBeLessThan(0.5 * spread(whole))
  })

  test('and their intervals are less than a third as wide', () => {
    expect(width(sliced)).toBeLessThan(width(whole) / 3)
  })

  test('slices of five seconds scatter more than twice as much as those of a second', () => {
    const long = measured({ slices: 2, sliceMs: 5000, gapMs: 250 }, 1)
    expect(spread(long)).toBeGreaterThan(2 * spread(sliced))
  })

  test('the control kernel tells whole replays apart, and not slices', () => {
    const control = (trials: typeof whole) =>
      mean(trials.map(({ blocks }) => mean(blocks.map((block) => Math.abs(block.control!)))))
    expect(control(whole)).toBeGreaterThan(2 * control(sliced))
  })

  test('negative control: with the blocks of one side shuffled the gain is gone', () => {
    const shuffled = measured(SLICING, 1, (blocks) =>
      blocks.map((block, i) => ({ ...block, b: blocks[(i + 7) % blocks.length]!.b })),
    )
    expect(width(shuffled)).toBeGreaterThan(2 * width(sliced))
  })
})

test('negative control: on a steady machine slices gain nothing', () => {
  const [whole, sliced] = [measured(null, 0), measured(SLICING, 0)]
  expect(spread(sliced)).toBeGreaterThan(0.5 * spread(whole))
  const difference = mean(sliced.map(({ ratio }) => ratio)) - mean(whole.map(({ ratio }) => ratio))
  // and the ratio is the same one, though every slice begins with empty queues
  expect(Math.abs(difference)).toBeLessThan(0.01)
})
