import { describe, expect, test } from 'vitest'
import { CAP_VARIABLES, type CapVariable } from '../../../sim/accelerator/index.ts'
import { errorFigures } from '../../claims/figures/parts.ts'
import {
  CAP_BAR,
  type CapTest,
  CHOSEN,
  capTest,
  epochRows,
  haveCapRows,
  zeusSection,
} from './zeus.ts'

const DIRECTIONS = [
  { fittedOn: 'V100', testedOn: 'A40' },
  { fittedOn: 'A40', testedOn: 'V100' },
] as const

describe.skipIf(!haveCapRows())('Zeus, where ../shared has its rows', () => {
  const rows = haveCapRows() ? epochRows() : []
  const testOf = (variable: CapVariable, i: 0 | 1) => capTest(rows, { variable, ...DIRECTIONS[i] })
  const above = (test: CapTest) => errorFigures(test.above).median
  const below = (test: CapTest) => errorFigures(test.below).median

  test('the rows are all trainings below their highest limit', () => {
    expect(rows).toHaveLength(808)
    expect(rows.every(({ capW, limitW }) => capW < limitW)).toBe(true)
  })

  test.each([0, 1] as const)('direction %d: above the knee each variable meets the bar', (i) => {
    for (const variable of CAP_VARIABLES) {
      expect(above(testOf(variable, i)), variable).toBeLessThanOrEqual(CAP_BAR)
    }
  })

  test.each([0, 1] as const)('direction %d: below the knee, the floor matters', (i) => {
    expect(below(testOf(CHOSEN, i))).toBeLessThan(0.1)
    expect(below(testOf('uncapped', i))).toBeGreaterThan(0.1)
    // negative control: the share of the limit
    expect(below(testOf('limit', i))).toBeGreaterThan(0.15)
  })

  test('negative controls: no slowdown, and a slope that is doubled, fail below the knee', () => {
    const direction = { variable: CHOSEN, ...DIRECTIONS[0] }
    const { curve } = capTest(rows, direction)
    for (const slope of [0, 2 * curve.slope]) {
      expect(below(capTest(rows, direction, { ...curve, slope }))).toBeGreaterThan(0.15)
    }
    // the bar alone does not find that: above the knee slowdowns are small
    expect(above(capTest(rows, direction, { ...curve, slope: 0 }))).toBeLessThan(CAP_BAR)
  })

  test('over the limit, the knee of the A40 is at 60 to 65 % and that of the V100 above', () => {
    expect(Math.abs(testOf('limit', 1).curve.knee - 0.625)).toBeLessThan(0.025)
    expect(testOf('limit', 0).curve.knee).toBeGreaterThan(0.7)
  })

  test('the section states that the bar is met', () => {
    const { text, missed, images } = zeusSection()
    expect(missed).toEqual([])
    expect(text).toContain('**The bar is met**')
    expect(text).not.toMatch(/NaN|undefined|Infinity/)
    expect(images).toHaveLength(1)
  })
})
