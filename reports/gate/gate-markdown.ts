import { hashOf, visibleLine } from '../../scenarios/index.ts'
import type { CaseVerdict, Gate, GateCase } from '../../sim/documents/index.ts'
import {
  caseTables,
  caseTitle,
  changeLines,
  inputLines,
  MEASURED_NOTE,
  measuredLines,
} from './gate-rows.ts'

/** Of a comment on GitHub, characters; a step summary may have 1024 KiB. */
const MOST = 60_000
const MOST_TITLES = 50
const MOST_WARNINGS = 20

const ICONS: Readonly<Record<CaseVerdict, string>> = {
  PASS: '✅',
  IMPROVED: '✅',
  FAIL: '❌',
  UNDECIDED: '⚠️',
  NEW: '🆕',
  'NOT COMPARABLE': '⚠️',
}

/**
 * The hidden marker by which a comment of this gate is found again, to be replaced. It has a hash
 * of the scenarios, since their names could end the comment, and the query of what looks for it.
 */
export const gateMarker = ({ gate, cases }: Gate) =>
  markerOf(
    gate,
    cases.map(({ file }) => file),
  )

export const markerOf = (gate: Gate['gate'], files: readonly string[]) =>
  `<!-- spillway-gate: ${gate} ${hashOf(files.toSorted())} -->`

/** A gate as Markdown, for a step summary and for a comment; cases that do not fit are left out. */
export function gateMarkdown(gate: Gate): string {
  const head = [
    gateMarker(gate),
    `## ${ICONS[gate.verdict]} Spillway gate: ${gate.verdict}`,
    '',
    ...gate.cases.slice(0, MOST_TITLES).map((gateCase) => `- ${summary(gate, gateCase)}`),
    ...(gate.cases.length > MOST_TITLES ? [`- … and ${gate.cases.length - MOST_TITLES} more`] : []),
    ...gate.warnings
      .slice(0, MOST_WARNINGS)
      .map((text) => `- warning: ${inline(text).slice(0, 600)}`),
  ].join('\n')
  const foot = footOf(gate)
  let text = head
  for (const [i, gateCase] of gate.cases.entries()) {
    const part = details(gate, gateCase)
    if (text.length + part.length + foot.length > MOST) {
      text += `\n\n${gate.cases.length - i} more in the document of the gate.`
      break
    }
    text += part
  }
  return text + foot
}

export const footOf = ({ version, command }: Pick<Gate, 'version' | 'command'>) =>
  `\n\n<sub>Spillway ${version} · \`${code(command)}\`</sub>\n`

const summary = (gate: Gate, gateCase: GateCase) =>
  `**${gateCase.verdict}** ${inline(caseTitle(gate, gateCase))}: ${inline(gateCase.reason).slice(0, 600)}`

/** Open where there is something to see. */
function details(gate: Gate, gateCase: GateCase): string {
  const open = gateCase.verdict === 'PASS' ? '' : ' open'
  const changes = changeLines(gateCase, gate.gate)
  const lines = [...changes, ...inputLines(gateCase), ...measuredLines(gateCase)]
  return [
    '',
    '',
    `<details${open}><summary>${html(caseTitle(gate, gateCase))}</summary>`,
    '',
    ...lines.map((line) => `- ${inline(line)}`),
    ...caseTables(gateCase, gate.gate).map((cells) => `\n${table(cells)}`),
    ...(gateCase.metrics.length === 0 || gateCase.measured === null ? [] : ['', MEASURED_NOTE]),
    '',
    '</details>',
  ].join('\n')
}

function table([header, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(inline).join(' | ')} |`
  const rule = header!.map((name, i) =>
    i === 0 || ['verdict', 'note'].includes(name) ? '---' : '---:',
  )
  return [line(header!), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

/** Foreign text on one line, without a meaning in Markdown or HTML. */
export const inline = (text: string) => html(visibleLine(text)).replace(/[\\`*_[\]|~#@]/g, '\\$&')

const html = (text: string) =>
  visibleLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const code = (text: string) => html(text).replaceAll('`', "'")
