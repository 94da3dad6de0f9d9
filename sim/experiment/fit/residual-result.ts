import type { ResidualFit } from '../../documents/index.ts'
import { type SpreadRow, spreadOf } from './residual-cells.ts'
import { chooseResidual, type ResidualTrial, residualErrors, tryResiduals } from './residual-fit.ts'

/** What rows show of the scatter of single batches or steps. */
export function residualFitOf(rows: readonly SpreadRow[]): ResidualFit {
  const { from, cells, runs, why } = spreadOf(rows)
  if (from === null) {
    const sure = `Residuals are unknown, so the times of a batch do not scatter. ${why}`
    return {
      from,
      cells: 0,
      runs: 0,
      ratio: null,
      shapes: [],
      left_out: null,
      cv: null,
      slow: null,
      sure,
    }
  }
  const trials = tryResiduals(cells)
  const chosen = chooseResidual(trials)
  const { cv, slow } = chosen.fit
  const left = residualErrors(chosen.heldOut)
  const [{ high, low }] = chosen.heldOut as [ResidualTrial['heldOut'][number]]
  return {
    from,
    cells: cells.length,
    runs,
    ratio: `${high} over ${low}`,
    shapes: trials.map((trial) => ({
      name: trial.shape,
      score: trial.score,
      standard_error: trial.standardError,
      chosen: trial === chosen,
    })),
    left_out: left,
    cv: rounded(cv),
    slow: slow && { share: rounded(slow.share), factor: rounded(slow.factor) },
    sure: [
      MEANING[chosen.shape],
      `From half of the cells, ${high} over ${low} of the other half is predicted within ${percent(left.median)} (median), and within ${percent(left.worst)} at worst.`,
      ...(trials.some(({ shape }) => shape === 'slow') ? [] : [NOT_DETERMINED]),
      ...(left.median > ROUGH ? [VARIES] : []),
    ].join(' '),
  }
}

const MEANING = {
  even: 'The times hardly scatter: a residual predicts other cells no better than none.',
  jitter: 'The times scatter about their mean, and no rare slow ones are found.',
  slow: 'The times scatter about their mean, and a few are slow.',
} as const satisfies Readonly<Record<ResidualTrial['shape'], string>>

const NOT_DETERMINED =
  'Rare slow ones are not told from jitter: that takes the mean and three percentiles, or more runs.'
/** Of the median error of a ratio. */
const ROUGH = 0.1
const VARIES =
  'The scatter differs from cell to cell, and a model has one: do not decide by p99 of a single batch.'

export const percent = (share: number) => `${Number((100 * Math.abs(share)).toPrecision(2))} %`
export const rounded = (value: number) => Number(value.toPrecision(3))
