import { parseObjective, visibleLine } from '../../scenarios/index.ts'
import type { Plan } from '../../sim/documents/index.ts'
import { declared, estimateText, plural } from '../format.ts'
import {
  causeName,
  planAnswer,
  planLegend,
  planSentences,
  searchSentences,
  winnerOf,
} from '../tables/plan-sentences.ts'
import { planTable, WHY_UNDECIDED } from '../tables/plan-table.ts'
import { alignColumns } from './align.ts'

/** A plan for a terminal: the answer, the table, what is next to it, and how it was searched. */
export function planText(plan: Plan): string {
  const { head, lines, left } = planTable(plan)
  const texts = [0, ...plan.dimensions.map((_, i) => i + 1)]
  const words = [
    ...texts,
    ...['verdict', 'binding objective', 'bottleneck', WHY_UNDECIDED].map((name) =>
      head.indexOf(name),
    ),
  ]
  return [
    ...[planAnswer(plan), ...planSentences(plan)].map(visibleLine),
    '',
    alignColumns([head, ...lines], words),
    ...(left > 0 ? [`  … and ${plural(left, 'row')} more, with --json or --out`] : []),
    ...sensitivityLines(plan),
    '',
    ...searchSentences(plan).map(visibleLine),
    ...plan.notes.map((note) => visibleLine(`Note: ${note}.`)),
    '',
    ...planLegend(plan),
  ].join('\n')
}

function sensitivityLines(plan: Plan): string[] {
  const winner = winnerOf(plan)
  if (winner === null || plan.sensitivity.length === 0) return []
  const quantity = parseObjective(winner.binding.text)?.kind === 'goodput' ? 'share' : 'time'
  const rows = plan.sensitivity.map(({ what, change, less, more }) => {
    const by = `${declared(100 * change)} %`
    const texts = [less, more].map((estimate) => estimateText(estimate, quantity))
    return [`${causeName(what)} −${by} / +${by}`, ...texts]
  })
  const title = `${winner.binding.class}: ${winner.binding.text}`
  return ['', alignColumns([[visibleLine(title), 'less', 'more'], ...rows])]
}
