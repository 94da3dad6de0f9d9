import { expect, test } from 'vitest'
import {
  figuresOfGeneration,
  generationFidelityFigures,
} from '../claims/figures/generation-fidelity.ts'
import { sampleReport } from '../fidelity/sample-report.test-helper.ts'
import { generationPage } from './page.ts'

test('cases with too few requests for any percentile have a page, and figures of nothing', () => {
  const { cases, changes, mutants } = sampleReport()
  const few = cases.map((one) => ({ ...one, percentiles: [] }))
  const report = { minutes: 1, rows: 12, tokens: 240, cases: few, changes, mutants }
  expect(generationPage(report)).toContain('0 of 0 median errors')
  const figures = generationFidelityFigures.parse(figuresOfGeneration(report))
  expect(figures.prediction).toEqual({
    verdicts: { pass: 0, undecided: 0, fail: 0 },
    within: 0,
    errors: null,
  })
  expect(figures.changes.errors?.rows).toBeGreaterThan(0)
})
