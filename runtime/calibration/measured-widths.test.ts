import { describe, expect, test } from 'vitest'
import { Random } from '../../sim/kernel/index.ts'
import { measuredWidths, regionsOf } from './measured-widths.ts'
import { cellSamples, GAPS_MS, lengthGrid, type SettledRow, wakeSamples } from './script-plan.ts'
import { fitWake } from './wake-fit.ts'
import { fitWork } from './work-fit.ts'

/** A made-up occasion of a machine. */
interface Occasion {
  readonly speedOf?: (size: number, length: number) => number
  /** times the usual wake-up cost; null for no idle times */
  readonly idle?: number | null
}

const SIZES = [1, 2, 3, 4, 6, 8, 12, 16]
const LENGTHS = lengthGrid(16, 512, 16)
const random = new Random('occasions')

const workMs = (size: number, length: number) => 0.5 + 0.1 * size + 0.004 * size * length
/** Rises by 20 µs for each tenfold of the idle time. */
const costMs = (gap: number) => 0.02 * Math.log10(gap / 0.002)

function batch(shape: { size: number; length: number }, ms: number, gapMs = 0, excess = 0) {
  const item = { ...shape, executor: 0, gapMs }
  return {
    item,
    gap: Math.max(0.001, gapMs),
    dispatched: 0,
    started: 0,
    ended: ms,
    done: ms,
    excess,
  }
}

/** Single batches with noise of 2 %. */
function batchesOn({ speedOf = () => 1, idle = 1 }: Occasion): SettledRow[] {
  const noisy = (ms: number) => ms * (1 + 0.02 * random.normal())
  const cells = SIZES.flatMap((size) =>
    LENGTHS.flatMap((length) =>
      Array.from({ length: 24 }, () =>
        batch({ size, length }, noisy(workMs(size, length) / speedOf(size, length))),
      ),
    ),
  )
  const shape = { size: 1, length: LENGTHS[0]! }
  const gaps = idle === null ? [] : GAPS_MS
  const slept = gaps.flatMap((gap) =>
    Array.from({ length: 12 }, () => {
      const excess = noisy((idle ?? 0) * costMs(gap))
      return batch(shape, workMs(1, shape.length) + excess, gap, excess)
    }),
  )
  return [...cells, ...slept]
}

function widthsOf(occasions: readonly Occasion[]) {
  const batches = occasions.map(batchesOn)
  const work = fitWork(cellSamples(batches.flat()))
  const wake = fitWake(wakeSamples(batches.flat()))
  return measuredWidths(batches, { work, wake, padTo: 16, calibration: 'monday' })
}

describe('the widths of a calibration', () => {
  test('have the speed of each occasion in every region, whatever the noise of batches', () => {
    const truths = [0.93, 1, 1.06, 1.01]
    const { occasions, regions } = widthsOf(truths.map((speed) => ({ speedOf: () => speed })))
    expect(regions).toHaveLength(4)
    for (const [i, { speeds, calibration }] of occasions.entries()) {
      expect(calibration).toBe('monday')
      // what all are measured by is somewhere among them
      for (const [r, speed] of speeds.entries()) {
        const ratio = speed / occasions[1]!.speeds[r]!
        expect(Math.abs(ratio / truths[i]! - 1)).toBeLessThan(0.01)
        expect(Math.abs(speed / truths[i]! - 1)).toBeLessThan(0.05)
      }
    }
  })

  test('tell regions apart', () => {
    const slow = (size: number, length: number) => (size >= 4 && length >= 91 ? 0.8 : 1)
    const { occasions, regions } = widthsOf([{}, { speedOf: slow }])
    const ratios = regions.map((_, r) => occasions[1]!.speeds[r]! / occasions[0]!.speeds[r]!)
    const large = regions.map(({ fromSize, fromLength }) => fromSize >= 4 && fromLength >= 91)
    expect(large.filter((is) => is)).toHaveLength(1)
    for (const [r, ratio] of ratios.entries()) {
      expect(Math.abs(ratio - (large[r] ? 0.8 : 1))).toBeLessThan(0.02)
    }
  })

  test('have the wake-up cost of each occasion, which may be none', () => {
    const { occasions } = widthsOf([{ idle: 0 }, { idle: 1 }, { idle: 2 }, { idle: null }])
    const [none, usual, twice, unknown] = occasions.map(({ idle }) => idle)
    expect(none).toBe(0)
    expect(twice! / usual!).toBeGreaterThan(1.8)
    expect(twice! / usual!).toBeLessThan(2.2)
    expect(unknown).toBeNull()
  })

  test('have no cost where no occasion had one', () => {
    const { occasions } = widthsOf([{ idle: 0 }, { idle: 0 }])
    expect(occasions.map(({ idle }) => idle)).toEqual([null, null])
  })
})

describe('regions of shapes', () => {
  const fitted = (sizes: number[], lengths: number[]) => {
    const table = sizes.map((_, i) => lengths.map((__, j) => (i + j) / 100))
    return { sizes, lengths, ms: table, error: table }
  }

  test('have every cell once, and the median of its errors', () => {
    const work = fitted([1, 2, 3, 4, 6, 8, 12, 16], [16, 32, 64, 128, 256])
    const regions = regionsOf(work, 16)
    for (const size of work.sizes) {
      for (const length of work.lengths) {
        const holding = regions.filter(
          ({ fromSize, toSize, fromLength, toLength }) =>
            size >= fromSize && size <= toSize && length >= fromLength && length <= toLength,
        )
        expect(holding).toHaveLength(1)
      }
    }
    // sizes 1, 2, 3 and lengths 16, 32, which are all that there are between
    expect(regions[0]).toEqual({
      ...{ fromSize: 1, toSize: 3, fromLength: 16, toLength: 32 },
      error: null,
    })
    // lengths 64 to 256 leave out 80 and others
    expect(regions[1]).toMatchObject({ fromLength: 64, toLength: 256, error: 0.04 })
  })

  test('are one for each axis with fewer than four values', () => {
    expect(regionsOf(fitted([1, 4, 8], [1]), 1)).toEqual([
      { fromSize: 1, toSize: 8, fromLength: 1, toLength: 1, error: 0.01 },
    ])
  })
})
