import { median } from 'simple-statistics'
import { figure, signedPercent } from '../../reports/format.ts'
import { percentileLabel } from '../../sim/stats/index.ts'
import type { FidelityReport } from './fidelity-report.ts'
import type { CaseReport } from './judge.ts'

/** The findings of the suite without its terms: an answer to each question. */
export function inShort(report: FidelityReport): string[] {
  return [structure(report), prediction(report), whatIf(report), mutants(report)]
}

const percent = (share: number) => `${figure(100 * share)} %`

function structure({ cases }: FidelityReport): string {
  const cells = cases.flatMap((one) => judged(one).map((percentile) => ({ one, percentile })))
  const errors = cells.map(({ one, percentile }) => {
    const { error_relative } = percentile.structure.reduce((a, b) =>
      Math.abs(a.error_relative) >= Math.abs(b.error_relative) ? a : b,
    )
    return { where: `${one.name}, ${percentileLabel(percentile.p)}`, error: error_relative }
  })
  const middle = median(errors.map(({ error }) => Math.abs(error)))
  const most = errors.reduce((a, b) => (Math.abs(a.error) >= Math.abs(b.error) ? a : b))
  return (
    '**Does Spillway queue and batch as a real server does?** Each replay was simulated again, on the machine speed that it met. ' +
    `In half of the ${cells.length} cases, a case being one percentile of one scenario, even the worst replay was off by at most ` +
    `${percent(middle)}; the largest error of all is ${signedPercent(most.error)} (${most.where}).`
  )
}

const judged = ({ percentiles }: CaseReport) =>
  percentiles.filter(({ verdicts }) => verdicts.structure !== null)

function prediction({ prediction: { rows } }: FidelityReport): string {
  const levels = [...new Set(rows.map(({ p }) => p))].map((p) => {
    const own = rows.filter((row) => row.p === p)
    const [error, floor] = [own.map(({ medianError }) => medianError), own.map((row) => row.floor)]
    return `${percentileLabel(p)} by ${percent(median(error))} (two replays: ${percent(median(floor))})`
  })
  return (
    '**Does it predict a replay that it has not seen?** From rehearsals with other requests, a prediction is off from a single replay, ' +
    `in the median, at ${levels.join(', at ')}. The figures in parentheses are the differences of two replays of the same requests: no ` +
    'prediction can be expected to be closer.'
  )
}

function whatIf({ changes }: FidelityReport): string {
  const of = (verdict: string) => changes.filter(({ check }) => check.verdict === verdict).length
  const errors = changes.flatMap(({ percentiles }) =>
    percentiles.filter(({ p }) => p === 0.5).map((one) => Math.abs(one.error_relative)),
  )
  return (
    '**Does it predict what a change does?** From replays without the change, the effect on p50 is predicted within ' +
    `${percent(median(errors))} in half of the ${changes.length} changes, and within ${percent(Math.max(...errors))} in all. ` +
    `At p50 and p95, ${of('PASS')} of them ${of('PASS') === 1 ? 'is' : 'are'} shown to be right and ${of('FAIL')} to be wrong; the others scatter too much to tell.`
  )
}

function mutants({ mutants: [none, ...wrong] }: FidelityReport): string {
  const found = wrong.filter(({ finder }) => finder !== null).length
  return (
    `**Would these checks notice a wrong simulator?** ${found} of ${wrong.length} simulators with a deliberate fault are found, ` +
    `and the right one is taken for wrong in ${none!.found} of ${none!.ran} checks.`
  )
}
