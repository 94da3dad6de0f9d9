import { describe, expect, test } from 'vitest'
import { Random, sum } from '../../kernel/index.ts'
import { nextOccasion, nextQuantile, type Occasions } from './next-occasion.ts'

/** How much the value of a made-up machine differs. */
interface Machine {
  /** from calibration to calibration */
  readonly between: number
  /** from occasion to occasion of one calibration */
  readonly within: number
  /** from replay to replay of one occasion */
  readonly replays: number
}

interface Known {
  /** occasions of each calibration */
  readonly calibrations: readonly number[]
  /** replays of each occasion that the level is learnt from */
  readonly levels: readonly number[]
}

const TRIALS = 4000

/** Half of the interval that holds 95 % of next occasions. */
function halfOf(occasions: Occasions) {
  const next = nextOccasion(occasions)
  return next && nextQuantile(next, 0.975)
}

const mean = (values: readonly number[]) => sum(values) / values.length

/** The share of next occasions that the interval holds, and that one without its level does. */
function coverage({ between, within, replays }: Machine, known: Known) {
  const random = new Random(`occasions ${JSON.stringify([between, within, replays, known])}`)
  const scattered = (centre: number, scatter: number, count: number) =>
    Array.from({ length: count }, () => centre + scatter * random.normal())
  let held = 0
  let heldWithoutLevel = 0
  for (let trial = 0; trial < TRIALS; trial++) {
    const calibrations = known.calibrations.map((count) => {
      const [centre] = scattered(0, between, 1)
      return scattered(centre!, within, count)
    })
    const levels = known.levels.map((count) => {
      const [centre] = scattered(0, Math.hypot(between, within), 1)
      return scattered(centre!, replays, count)
    })
    const occasions = calibrations.map((values) => values.map((value) => [value]))
    const half = halfOf({ calibrations: occasions, levels, more: 0 })!
    const level = levels.length > 0 ? mean(levels.map(mean)) : mean(calibrations.at(-1)!)
    const [next] = scattered(0, Math.hypot(between, within), 1)
    if (Math.abs(next! - level) <= half) held++
    const exact = halfOf({ calibrations: occasions, levels: [], more: 0 })!
    if (Math.abs(next! - level) <= exact) heldWithoutLevel++
  }
  return { held: held / TRIALS, heldWithoutLevel: heldWithoutLevel / TRIALS }
}

/** A machine whose calibration shows all of its scatter. */
const ALIKE = { between: 0, within: 0.02, replays: 0.005 }

describe('the interval of a next occasion holds 93 to 97 % of them', () => {
  test.each([2, 3, 4, 8])('with %i occasions of one calibration', (count) => {
    // a next occasion of the same calibration
    const { held } = coverage(ALIKE, { calibrations: [count], levels: [] })
    expect(held).toBeGreaterThan(0.93)
    expect(held).toBeLessThan(0.97)
  })

  test.each([2, 4, 8])('with %i occasions, and the level of three rehearsals', (count) => {
    const { held, heldWithoutLevel } = coverage(ALIKE, { calibrations: [count], levels: [3] })
    expect(held).toBeGreaterThan(0.93)
    expect(held).toBeLessThan(0.975)
    // negative control: rehearsals are one occasion, which may be any one
    if (count > 2) expect(heldWithoutLevel).toBeLessThan(0.93)
  })

  const differing: readonly Known[] = [
    { calibrations: [4, 4, 4], levels: [] },
    { calibrations: [4, 4, 4, 4, 4], levels: [3] },
    { calibrations: [1, 1, 1, 1], levels: [] },
    { calibrations: [4, 4], levels: [3, 3, 3] },
  ]

  test.each(differing)('where calibrations differ: $calibrations, and levels $levels', (known) => {
    const { held } = coverage({ between: 0.03, within: 0.02, replays: 0.005 }, known)
    expect(held).toBeGreaterThan(0.93)
    expect(held).toBeLessThan(0.98)
  })

  test('but not where calibrations differ, and there was one only', () => {
    const machine = { between: 0.03, within: 0.01, replays: 0.005 }
    expect(coverage(machine, { calibrations: [4], levels: [] }).held).toBeLessThan(0.8)
  })
})

describe('the half-width', () => {
  const of = (values: readonly number[]) => [values.map((value) => [value])]

  test('of one calibration is that of a next value by Student t', () => {
    // two values: 12.706 standard deviations, and the error of their mean
    const half = halfOf({ calibrations: of([0.01, -0.01]), levels: [], more: 0 })!
    expect(half).toBeCloseTo(12.706 * 0.01 * Math.SQRT2 * Math.sqrt(1.5), 4)
  })

  test('takes the mean scatter of several values of an occasion', () => {
    const calibrations = [
      [
        [0.01, 0.03],
        [-0.01, -0.03],
      ],
    ]
    const alike = of([Math.sqrt(5) / 100, -Math.sqrt(5) / 100])
    const [half, same] = [calibrations, alike].map((each) =>
      halfOf({ calibrations: each, levels: [], more: 0 }),
    )
    expect(half).toBeCloseTo(same!, 12)
  })

  test('has a further variance in squares, and is that alone where occasions are alike', () => {
    const half = halfOf({ calibrations: of([0, 0, 0]), levels: [], more: 0.0004 })
    expect(half).toBeCloseTo(1.96 * 0.02, 4)
    expect(halfOf({ calibrations: of([0, 0]), levels: [], more: 0 })).toBe(0)
  })

  test('is not known of one occasion, whatever its replays show', () => {
    expect(halfOf({ calibrations: of([0]), levels: [[0, 0.1, 0.2]], more: 0.1 })).toBeNull()
    expect(halfOf({ calibrations: [], levels: [], more: 0 })).toBeNull()
  })

  test('of one occasion is that of the replays of two folders', () => {
    const half = halfOf({ calibrations: of([0]), levels: [[0, 0], [0.1]], more: 0 })
    expect(half).toBeGreaterThan(0.5)
  })
})
