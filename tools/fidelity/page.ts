import { markdownTable } from '../markdown-table.ts'
import type { FidelityReport } from './fidelity-report.ts'
import { inShort } from './in-short.ts'
import { summaryLines } from './summary.ts'
import { type FidelityTable, fidelityTables } from './tables.ts'

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
