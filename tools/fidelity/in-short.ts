import { figure, signedPercent } from '../../reports/format.ts'
import { percentileLabel } from '../../sim/stats/index.ts'
import { type FidelityFigures, figuresOfFidelity } from '../claims/figures/fidelity.ts'
import type { FidelityReport } from './fidelity-report.ts'

/** The findings of the suite without its terms: an answer to each question. */
export function inShort(report: FidelityReport): string[] {
  const figures = figuresOfFidelity(report)
  return [structure(figures), prediction(figures), whatIf(figures), mutants(figures)]
}

const percent = (share: number) => `${figure(100 * share)} %`

function structure({ structure: { errors } }: FidelityFigures): string {
  return (
    '**Does Spillway queue and batch as a real server does?** Each replay was simulated again, on the machine speed that it met. ' +
    `In half of the ${errors.rows} cases, a case being one percentile of one scenario, even the worst replay was off by at most ` +
    `${percent(errors.median)}; the largest error of all is ${signedPercent(errors.worst)} (${errors.worstAt}).`
  )
}

function prediction({ prediction: { levels } }: FidelityFigures): string {
  const each = levels.map(({ p, errors, floor }) => {
    return `${percentileLabel(p)} by ${percent(errors.median)} (two replays: ${percent(floor)})`
  })
  return (
    '**Does it predict a replay that it has not seen?** From rehearsals with other requests, a prediction is off from a single replay, ' +
    `in the median, at ${each.join(', at ')}. The figures in parentheses are the differences of two replays of the same requests: no ` +
    'prediction can be expected to be closer.'
  )
}

function whatIf({ changes: { verdicts, levels } }: FidelityFigures): string {
  const { errors } = levels.find(({ p }) => p === 0.5)!
  const { pass, fail } = verdicts
  return (
    '**Does it predict what a change does?** From replays without the change, the effect on p50 is predicted within ' +
    `${percent(errors.median)} in half of the ${errors.rows} changes, and within ${percent(Math.abs(errors.worst))} in all. ` +
    `At p50 and p95, ${pass} of them ${pass === 1 ? 'is' : 'are'} shown to be right and ${fail} to be wrong; the others scatter too much to tell.`
  )
}

function mutants({ mutants: { found, of, accused, checks } }: FidelityFigures): string {
  return (
    `**Would these checks notice a wrong simulator?** ${found} of ${of} simulators with a deliberate fault are found, ` +
    `and the right one is taken for wrong in ${accused} of ${checks} checks.`
  )
}
