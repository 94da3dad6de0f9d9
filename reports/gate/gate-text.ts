import { visibleLine } from '../../scenarios/index.ts'
import type { Gate, GateCase } from '../../sim/documents/index.ts'
import { alignColumns } from '../terminal/align.ts'
import {
  caseTables,
  caseTitle,
  changeLines,
  inputLines,
  MEASURED_NOTE,
  measuredLines,
} from './gate-rows.ts'

/** A gate for the terminal, the worst case first. */
export function gateText(gate: Gate): string {
  const parts = gate.cases.map((gateCase) => caseText(gate, gateCase))
  if (gate.cases.length > 1) parts.push(`${gate.verdict}  ${counts(gate)}`)
  if (gate.warnings.length > 0) {
    parts.push(gate.warnings.map((text) => `warning: ${visibleLine(text)}`).join('\n'))
  }
  return parts.join('\n\n')
}

/** "1 FAIL, 2 PASS". */
function counts({ cases }: Gate): string {
  const verdicts = [...new Set(cases.map(({ verdict }) => verdict))]
  return verdicts
    .map((name) => `${cases.filter(({ verdict }) => verdict === name).length} ${name}`)
    .join(', ')
}

function caseText(gate: Gate, gateCase: GateCase): string {
  const { verdict, reason } = gateCase
  const lines = [
    `${verdict}  ${visibleLine(caseTitle(gate, gateCase))}`,
    `  ${visibleLine(reason)}`,
    ...changeLines(gateCase, gate.gate).map((line) =>
      `  changed: ${visibleLine(line)}`.replace('changed: no change', 'no change'),
    ),
    ...[...inputLines(gateCase), ...measuredLines(gateCase)].map(
      (line) => `  ${visibleLine(line)}`,
    ),
    ...caseTables(gateCase, gate.gate).map((cells) => `\n${table(cells)}`),
    ...(gateCase.metrics.length === 0 || gateCase.measured === null ? [] : [`\n${MEASURED_NOTE}`]),
  ]
  return lines.join('\n')
}

/** Words at the left, figures at the right. */
function table(cells: readonly (readonly string[])[]): string {
  const words = ['verdict', 'note']
  const left = cells[0]!.flatMap((name, i) => (words.includes(name) ? [i] : []))
  return alignColumns(cells, [0, ...left])
}
