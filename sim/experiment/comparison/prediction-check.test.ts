import { describe, expect, test } from 'vitest'
import { geometricMean } from '../../stats/index.ts'
import { predictionError, predictionVerdict } from './prediction-check.ts'

type Interval = readonly [value: number, low: number, high: number]
type Judged = Parameters<typeof predictionVerdict>[0]

/** The verdict on replays of these latencies, ms, of which no two are said to differ. */
function verdictOf(
  measured: readonly number[],
  [value, low, high]: Interval,
  more: Partial<Judged> = {},
) {
  const simulated = { value, low, high, n: 4000 }
  const wide = { ...simulated, ...more.with_inputs }
  const errors = measured.map((ms, replay) => predictionError(replay, ms, { simulated, wide }, 0))
  const mean = geometricMean(measured)
  return predictionVerdict({
    errors,
    simulated,
    measured: mean,
    split: null,
    changed: false,
    ...more,
  })
}

const REPLAYS = [1, 1.02, 0.98]

describe('the verdict on a prediction', () => {
  test('is open where most replays are outside the band, but the intervals explain it', () => {
    expect(verdictOf(REPLAYS, [1.2, 1.05, 1.3])).toBe('UNDECIDED')
    expect(verdictOf(REPLAYS, [1.2, 1.1, 1.3])).toBe('FAIL')
    expect(verdictOf(REPLAYS, [1.04, 1.03, 1.05])).toBe('PASS')
  })

  test('is FAIL of an error that both intervals do not explain, on either side', () => {
    expect(verdictOf(REPLAYS, [2, 1.8, 2.2])).toBe('FAIL')
    expect(verdictOf(REPLAYS, [0.5, 0.45, 0.55])).toBe('FAIL')
  })

  test('is open where the machine is another than that of the profile, whatever the error', () => {
    expect(verdictOf(REPLAYS, [2, 1.8, 2.2], { changed: true })).toBe('UNDECIDED')
    expect(verdictOf(REPLAYS, [1.01, 0.9, 1.1], { changed: true })).toBe('PASS')
  })

  test('is open where one replay shows no noise', () => {
    expect(verdictOf([1], [2, 1.8, 2.2])).toBe('UNDECIDED')
  })

  test('is open where inputs make the band so wide, or nothing limits it', () => {
    expect(verdictOf(REPLAYS, [2, 1.8, 2.2], { with_inputs: { low: 0.9, high: 3 } })).toBe(
      'UNDECIDED',
    )
    expect(verdictOf(REPLAYS, [2, 1.8, 2.2], { with_inputs: { low: null, high: null } })).toBe(
      'UNDECIDED',
    )
    expect(verdictOf(REPLAYS, [2, 1.8, 2.2], { with_inputs: { low: 1.7, high: 3 } })).toBe('FAIL')
  })

  test('is open where the prediction is no number', () => {
    expect(verdictOf(REPLAYS, [Number.NaN, Number.NaN, Number.NaN])).toBe('UNDECIDED')
    expect(verdictOf(REPLAYS, [2, Number.NaN, Number.NaN])).toBe('UNDECIDED')
  })
})
