import { describe, expect, test } from 'vitest'
import { havePublished } from '../published.ts'
import { haveGenerationRows } from './mlenergy.ts'
import { haveSpreads, meansAboveP99, ratioErrors, residualStudies, shapesOf } from './residuals.ts'

const have = havePublished() && haveGenerationRows() && haveSpreads()

describe.skipIf(!have)('residuals of published tables, where ../shared has the rows', () => {
  const studies = have ? residualStudies() : []
  const errors = (by: 'chosen' | 'none') => studies.map((study) => ratioErrors(study, by).median)

  test('predict tails of clients with one request better than none, by a quarter at least', () => {
    const [, own] = errors('chosen')
    const [, none] = errors('none')
    expect(own).toBeLessThan(0.75 * none!)
    expect(own).toBeLessThan(0.05)
  })

  test('negative control: gaps between tokens are no residual, and are predicted badly', () => {
    expect(errors('chosen').at(-1)).toBeGreaterThan(0.1)
  })

  test('no table of percentiles shows rare slow ones', () => {
    expect(shapesOf(studies[1]!)).not.toContain('slow')
  })

  test('means of batches are above their p99 in many rows, which the text says', () => {
    expect(meansAboveP99()).toEqual({ rows: 29, of: 72 })
  })
})
