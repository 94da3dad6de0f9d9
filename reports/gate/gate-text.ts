import { visibleLine } from '../../scenarios/index.ts'
import type { Gate, GateCase } from '../../sim/documents/index.ts'
import { alignColumns } from '../terminal/align.ts'
import {
  caseTitle,
  causeCells,
  changeLines,
  MEASURED_NOTE,
  measuredLines,
  metricCells,
  rawCells,
} from './gate-rows.ts'

/** A gate for the terminal, the worst case first. */
export function gateText(gate: Gate): string {
  const parts = gate.cases.map((one) => caseText(gate, one))
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
    .map((one) => `${cases.filter(({ verdict }) => verdict === one).length} ${one}`)
    .join(', ')
}

function caseText(gate: Gate, one: GateCase): string {
  const { metrics, verdict, reason } = one
  const tables = [
    metrics.length > 0 ? metricCells(one, gate.gate) : [],
    causeCells(one),
    rawCells(one),
  ]
  const lines = [
    `${verdict}  ${visibleLine(caseTitle(gate, one))}`,
    `  ${visibleLine(reason)}`,
    ...changeLines(one, gate.gate).map((line) =>
      `  changed: ${visibleLine(line)}`.replace('changed: no change', 'no change'),
    ),
    ...measuredLines(one).map((line) => `  ${visibleLine(line)}`),
    ...tables.filter((cells) => cells.length > 0).map((cells) => `\n${table(cells)}`),
    ...(one.metrics.length === 0 || one.measured === null ? [] : [`\n${MEASURED_NOTE}`]),
  ]
  return lines.join('\n')
}

/** Words at the left, figures at the right. */
function table(cells: readonly (readonly string[])[]): string {
  const words = ['verdict', 'note']
  const left = cells[0]!.flatMap((name, i) => (words.includes(name) ? [i] : []))
  return alignColumns(cells, [0, ...left])
}
