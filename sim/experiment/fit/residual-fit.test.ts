import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { scatterOf } from '../../world/index.ts'
import { type SpreadRow, spreadOf } from './residual-cells.ts'
import { FIGURES, type FittedResidual, figureOf, SHARE_BELOW } from './residual-figures.ts'
import { chooseResidual, fitResidual, residualErrors, tryResiduals } from './residual-fit.ts'

const slow = { share: 0.03, factor: 3 }
const JITTER: FittedResidual = { cv: 0.1, slow: null }
const SLOW: FittedResidual = { cv: 0.05, slow }

const scatter = ({ cv, slow: rare }: FittedResidual) => scatterOf({ cv, slow: rare ?? undefined })!

/** Rows with the percentiles of a residual, of cells of all sizes. */
const listed = (residual: FittedResidual): SpreadRow[] =>
  [1, 2, 4, 8, 16, 32].map((batch) => ({
    batch,
    length: 64,
    prefillTokens: 0,
    ms: 3 * batch,
    isMean: true,
    percentiles: Object.fromEntries(
      FIGURES.map((name) => [name, 3 * batch * figureOf(residual, name)]),
    ),
  }))

/** A row for each run. */
function runs(residual: FittedResidual, each: number): SpreadRow[] {
  const draw = scatter(residual)
  const random = new Random('runs')
  return [1, 2, 4, 8, 16, 32, 64, 128].flatMap((batch) =>
    Array.from({ length: each }, () => ({
      batch,
      length: 64,
      prefillTokens: 0,
      isMean: true,
      ms: 3 * batch * draw(random),
    })),
  )
}

test.each([JITTER, SLOW, { cv: 0, slow }])('figures of %o are those of its draws', (residual) => {
  const draw = scatter(residual)
  const random = new Random('figures')
  const drawn = Float64Array.from({ length: 200_000 }, () => draw(random)).sort()
  for (const name of FIGURES) {
    // within the slow ones, few are near p99
    const exact = drawn[Math.floor(SHARE_BELOW[name] * drawn.length)]!
    expect(Math.abs(figureOf(residual, name) / exact - 1), name).toBeLessThan(0.02)
  }
})

describe('percentiles of cells', () => {
  test('give jitter back, and nothing that is slow', () => {
    const { cells, from } = spreadOf(listed(JITTER))
    const { shape, fit, heldOut } = chooseResidual(tryResiduals(cells))
    expect([from, shape]).toEqual(['percentiles', 'jitter'])
    expect(Math.abs(fit.cv / 0.1 - 1)).toBeLessThan(0.02)
    expect(residualErrors(heldOut).median).toBeLessThan(0.01)
  })

  test('give rare slow runs back, which jitter alone does not predict', () => {
    const trials = tryResiduals(spreadOf(listed(SLOW)).cells)
    const { shape, fit } = chooseResidual(trials)
    expect(shape).toBe('slow')
    expect(Math.abs(fit.cv / 0.05 - 1)).toBeLessThan(0.1)
    expect(Math.abs(fit.slow!.share / slow.share - 1)).toBeLessThan(0.2)
    expect(Math.abs(fit.slow!.factor / slow.factor - 1)).toBeLessThan(0.1)
    const jitter = trials.find((trial) => trial.shape === 'jitter')!
    expect(Math.abs(residualErrors(jitter.heldOut).median)).toBeGreaterThan(0.2)
  })

  test('without the percentiles that tell them apart, slow runs are not fitted', () => {
    const rows = listed(SLOW).map(({ percentiles, ...row }) => {
      const { p95, p99 } = percentiles!
      return { ...row, percentiles: { p95: p95!, p99: p99! } }
    })
    expect(tryResiduals(spreadOf(rows).cells).map(({ shape }) => shape)).toEqual(['even', 'jitter'])
  })

  test('of even times give none', () => {
    expect(chooseResidual(tryResiduals(spreadOf(listed({ cv: 0, slow: null })).cells)).shape).toBe(
      'even',
    )
  })
})

describe('repeated runs', () => {
  test('give jitter back', () => {
    const spread = spreadOf(runs(JITTER, 60))
    const { fit, shape } = chooseResidual(tryResiduals(spread.cells))
    expect([spread.from, spread.runs, shape]).toEqual(['runs', 480, 'jitter'])
    expect(Math.abs(fit.cv / 0.1 - 1)).toBeLessThan(0.15)
  })

  test('few of each cell have the same jitter as many', () => {
    const { cells } = spreadOf(runs(JITTER, 25))
    expect(Math.abs(fitResidual(cells, 'jitter').cv / 0.1 - 1)).toBeLessThan(0.2)
  })

  test('show slow ones where they are many enough', () => {
    const { fit, shape } = chooseResidual(tryResiduals(spreadOf(runs(SLOW, 40)).cells))
    expect(shape).toBe('slow')
    expect(Math.abs(fit.slow!.factor / slow.factor - 1)).toBeLessThan(0.1)
    expect(Math.abs(fit.slow!.share / slow.share - 1)).toBeLessThan(0.5)
    expect(Math.abs(fit.cv / 0.05 - 1)).toBeLessThan(0.15)
  })

  test('of one run for each cell, or of too few, leave the residual unknown', () => {
    for (const each of [1, 4, 20]) {
      const spread = spreadOf(runs(JITTER, each))
      expect(spread.from).toBeNull()
      expect(spread.why).toMatch(each === 20 ? /^The rows have only 160 / : /neither percentiles/)
    }
  })
})
