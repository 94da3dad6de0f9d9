import { expect, test } from 'vitest'
import { sampleCounts } from './quantisation-inputs.ts'

test('samples of the comparison are no samples of the calibration, unless there is only one', () => {
  for (const stored of [2, 3, 5, 40, 64, 65, 100, 1000, Number.POSITIVE_INFINITY]) {
    for (const asked of [1, 2, 32, 500]) {
      const { calibrated, compared, comparedFrom } = sampleCounts(asked, stored)
      expect(calibrated).toBeGreaterThanOrEqual(1)
      expect(compared).toBeGreaterThanOrEqual(1)
      expect(compared).toBeLessThanOrEqual(32)
      expect(calibrated).toBeLessThanOrEqual(asked)
      expect(comparedFrom).toBe(calibrated)
      expect(comparedFrom + compared).toBeLessThanOrEqual(stored)
    }
  }
  expect(sampleCounts(32, 1)).toEqual({ calibrated: 1, compared: 1, comparedFrom: 0 })
})

test('a calibration has as many samples as were asked for where files have enough', () => {
  expect(sampleCounts(200, Number.POSITIVE_INFINITY).calibrated).toBe(200)
  expect(sampleCounts(200, 232)).toMatchObject({ calibrated: 200, compared: 32 })
  expect(sampleCounts(200, 100)).toMatchObject({ calibrated: 68, compared: 32 })
  expect(sampleCounts(200, 10)).toMatchObject({ calibrated: 5, compared: 5 })
})
