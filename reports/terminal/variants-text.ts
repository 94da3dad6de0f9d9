import { visibleLine } from '../../scenarios/index.ts'
import type { Variants } from '../../sim/documents/index.ts'
import { declared, plural } from '../format.ts'
import {
  uncertainInputRows,
  variantInputNotes,
  variantInputRows,
} from '../tables/variant-inputs.ts'
import {
  driftRows,
  measuredRows,
  OPEN_OBJECTIVE,
  rateText,
  ratioNotes,
  ratioRows,
  resourceNotes,
  resourceRows,
  variantAnswer,
  variantFindings,
  variantRows,
  variantWarnings,
} from '../tables/variants-table.ts'
import { alignColumns } from './align.ts'

/** Variants side by side, for a terminal: findings, figures, ratios. */
export function variantsText(document: Variants): string {
  const { scenario, variants, replications, duration_s, seed, measured } = document
  const rate = rateText(document)
  const changes = variants
    .slice(1)
    .map(
      ({ name, changes }) =>
        `  ${name}: ${changes.length === 0 ? 'no change' : changes.join(', ')}`,
    )
  const runs = `${plural(replications, 'replication')} of ${declared(duration_s)} s`
  const answer = variantAnswer(document)
  return [
    ...(answer === null ? [] : [visibleLine(answer)]),
    ...variantFindings(document).map(visibleLine),
    '',
    visibleLine(`${scenario.name}: ${plural(variants.length, 'variant')}, ${runs}, seed ${seed}`),
    visibleLine(`Changes from ${variants[0]!.name}:`),
    ...changes.map(visibleLine),
    ...(rate === null ? [] : [visibleLine(rate)]),
    ...variantWarnings(document).map((text) => visibleLine(`warning: ${text}`)),
    '',
    variantTable(variantRows(document)),
    ...table(variantInputRows(document)),
    ...variantInputNotes(document),
    ...table(uncertainInputRows(document)),
    ...table(measuredRows(document)),
    ...table(resourceRows(document)),
    ...resourceNotes(document),
    ...table(ratioRows(document)),
    ...table(driftRows(document)),
    '',
    ...ratioNotes(document),
    ...(measured === null
      ? []
      : [visibleLine(`audit: ${measured.audit.verdict}, ${measured.audit.reason}`)]),
  ].join('\n')
}

/** The failed objective is text, as the name of the variant is. */
function variantTable(rows: readonly string[][]): string {
  const head = rows[0] ?? []
  const last = head.indexOf(OPEN_OBJECTIVE)
  return alignColumns(rows, last < 0 ? [0] : [0, last])
}

const table = (rows: readonly string[][]) => (rows.length === 0 ? [] : ['', alignColumns(rows)])
