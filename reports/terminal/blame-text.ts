import { visibleLine } from '../../scenarios/index.ts'
import type { Blamed } from '../../sim/documents/index.ts'
import {
  blameFindings,
  blameNotes,
  blameSubject,
  causeRows,
  changeRows,
  firstTokenRows,
  groupRows,
  partRows,
  topRows,
} from '../tables/blame-table.ts'
import { alignColumns } from './align.ts'

/** Blame for a terminal: findings, causes, requests, the tail, and what would help. */
export function blameText(document: Blamed): string {
  const { warnings, seed } = document
  return [
    ...blameFindings(document).map((text) => visibleLine(`${text}.`)),
    '',
    visibleLine(`${blameSubject(document)}, seed ${seed}`),
    ...warnings.map((text) => visibleLine(`warning: ${text}`)),
    ...table(causeRows(document)),
    ...table(groupRows(document)),
    ...table(topRows(document), [0, 7]),
    ...table(partRows(document)),
    ...table(firstTokenRows(document)),
    ...table(changeRows(document), [0, document.first_tokens.length > 0 ? 5 : 4]),
    '',
    ...blameNotes(document).map(visibleLine),
  ].join('\n')
}

const table = (rows: readonly string[][], left?: readonly number[]) =>
  rows.length === 0 ? [] : ['', alignColumns(rows, left)]
