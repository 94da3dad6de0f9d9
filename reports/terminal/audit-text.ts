import { visibleLine } from '../../scenarios/index.ts'
import type { Audit } from '../../sim/documents/index.ts'
import { percentileLabel } from '../../sim/stats/index.ts'
import { NONE } from '../format.ts'
import { alignColumns } from './align.ts'

type Run = Audit['runs'][number]

const count = (n: number) => n.toLocaleString('en-US')
/** All digits, of which one may be the only difference. */
const exact = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 20 })

/** An audit for a terminal: a table for each run, then documents, then the verdict. */
export function auditText({ scenario, runs, claims, verdict, reason }: Audit): string {
  return [
    `${scenario.name} (${scenario.hash})`,
    ...runs.flatMap((run) => ['', ...runLines(run)]),
    ...(claims.length > 0 ? ['', ...claimLines(claims)] : []),
    '',
    `${verdict}  ${reason}`,
  ].join('\n')
}

function runLines({ run, requests, rules, percentiles, tokens, journal }: Run): string[] {
  const table = [
    ['rule', 'checked', 'violations', 'promise'],
    ...rules.map(({ rule, checked, violations, promise, not_seen }) =>
      not_seen
        ? [rule, 'not seen', NONE, promise]
        : [rule, count(checked), count(violations), promise],
    ),
  ]
  return [
    `${run}: ${count(requests)} requests`,
    '',
    alignColumns(table, [0, 3]),
    ...rules.flatMap(violationLines),
    '',
    ...percentileLines('latency, ms', percentiles),
    ...percentileLines('TTFT, ms', timesOf(tokens, 'ttft')),
    ...percentileLines('TPOT, ms', timesOf(tokens, 'tpot')),
    ...decisionLogLines(journal),
  ]
}

const timesOf = (tokens: Run['tokens'], time: 'ttft' | 'tpot') =>
  tokens.map((entry) => ({ class: entry.class, ...entry[time] }))

/** A table of one time of requests, and an empty line; nothing without classes. */
function percentileLines(title: string, percentiles: Run['percentiles']): string[] {
  const [first] = percentiles
  if (first === undefined) return []
  const labels = first.values.map(({ p }) => percentileLabel(p))
  const rows = percentiles.map(({ class: label, n, values }) => [
    label === null ? 'all' : `class ${label}`,
    count(n),
    ...values.map(({ value }) => (value === null ? '–' : value.toFixed(3))),
  ])
  return [alignColumns([[title, 'served', ...labels], ...rows]), '']
}

function violationLines({ rule, first, violations }: Run['rules'][number]): string[] {
  const lines = first.map(({ text }) => visibleLine(`  ${rule}: ${text}`))
  const more = violations - first.length
  return more > 0 ? [...lines, `  ${rule}: and ${count(more)} more`] : lines
}

function decisionLogLines(log: Run['journal']): string[] {
  if (log === null) return ['decision log: none was kept']
  const fed = `decision log: ${count(log.entries)} entries fed back`
  if (log.differences.length === 0) return [`${fed}, identical decisions`]
  return [`${fed}, other decisions`, ...log.differences.map((text) => `  ${text}`)]
}

function claimLines(claims: Audit['claims']): string[] {
  const documents = [...new Set(claims.map(({ document }) => document))]
  return documents.flatMap((document) => {
    const figures = claims.filter((claim) => claim.document === document)
    const wrong = figures.filter(({ holds }) => !holds)
    return [
      `${document}: ${count(figures.length - wrong.length)} of ${count(figures.length)} figures hold`,
      ...wrong.map(({ figure, stated, recomputed }) =>
        visibleLine(
          `  ${figure}: states ${exact(stated)}, rows give ${recomputed === null ? 'nothing' : exact(recomputed)}`,
        ),
      ),
    ]
  })
}
