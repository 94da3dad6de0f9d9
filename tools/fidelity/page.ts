import { figure, signedPercent } from '../../reports/format.ts'
import { percentileLabel } from '../../sim/stats/index.ts'
import { type FidelityFigures, figuresOfFidelity } from '../claims/figures/fidelity.ts'
import { markdownTable } from '../markdown-table.ts'
import type { FidelityReport } from './fidelity-report.ts'
import { summaryLines } from './summary.ts'
import { type FidelityTable, fidelityTables } from './tables.ts'

/** The findings of the suite without its terms: an answer to each question. */
function inShort(report: FidelityReport): string[] {
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
    `At p50 and p95, ${pass} of them ${pass === 1 ? 'is' : 'are'} shown to be right and ${fail} to be wrong; the intervals of the others leave it open.`
  )
}

function mutants({ mutants: { found, of, accused, checks } }: FidelityFigures): string {
  return (
    `**Would these checks notice a wrong simulator?** ${found} of ${of} simulators with a deliberate fault are found, ` +
    `and the right one is taken for wrong in ${accused} of ${checks} checks.`
  )
}

/** The command that reproduces a report. */
export function commandOf({ made }: FidelityReport): string {
  return `npm run fidelity${made.quick ? ' -- --quick' : ''}`
}

/** The fidelity page: every figure of the suite, including failures. */
export function fidelityPage(report: FidelityReport): string {
  return `# Fidelity

How far can a figure of Spillway be trusted? \`${commandOf(report)}\` replays the same scenarios on a real ONNX Runtime and compares. It found:

${inShort(report)
  .map((sentence) => `- ${sentence}`)
  .join('\n')}

What falls short, and what is known of its causes: [design/010](../design/010-prediction-under-noise.md#next).

Raw rows: ${report.rows.toLocaleString('en-US')} requests, SHA-256 \`${report.checksum}\`. The meaning and the blind spots of each check:
[design/003](../design/003-comparison.md) and [design/004](../design/004-checks-that-can-fail.md).

## Every check

${summaryLines(report)
  .map(({ check, verdict, text }) => `- ${check}: ${verdict}, ${text}`)
  .join('\n')}

${fidelityTables(report).map(section).join('\n\n')}
`
}

function section({ heading, note, columns, align, rows, remarks }: FidelityTable): string {
  const table = markdownTable(columns, rows, align)
  const items = remarks.map((remark) => `- ${remark}`).join('\n')
  return [`## ${heading}`, note, table, ...(items === '' ? [] : [items])].join('\n\n')
}
