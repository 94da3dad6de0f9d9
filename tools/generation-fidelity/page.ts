import { count, estimateText, fixed, signedPercent } from '../../reports/format.ts'
import { percentileLabel } from '../../sim/stats/index.ts'
import { figuresOfGeneration } from '../claims/figures/generation-fidelity.ts'
import { tenths } from '../claims/figures/parts.ts'
import { mutantCells } from '../fidelity/tables.ts'
import { markdownTable } from '../markdown-table.ts'
import {
  type Bar,
  type Cell,
  cellsOf,
  limitOf,
  predictionBar,
  type RatioCell,
  ratioBar,
  ratioCells,
  STRUCTURE_BAR,
} from './cells.ts'
import type { GenerationReport } from './report.ts'

/** The page of the suite: every figure of it, the worst of each check first. */
export function generationPage(report: GenerationReport): string {
  return `# Fidelity of generation

How far can a figure of \`generation\` be trusted? \`npm run fidelity:generation\` replays continuous batching with a paged KV cache on a
decoder of Spillway's own, on ONNX Runtime, and compares. It found:

${inShort(report)
  .map((line) => `- ${line}`)
  .join('\n')}

E2E is the time from the scheduled arrival to the last token, TTFT that to the first token, TPOT the mean time of each further token. Batches
that are computed at once: [fidelity](fidelity.md). The meaning of each check: [design/003](../design/003-comparison.md).

${structureSection(report)}

${predictionSection(report)}

${changeSection(report)}

${mutantSection(report)}
`
}

function inShort(report: GenerationReport): string[] {
  const { requests, tokens, structure, prediction, changes, mutants } = figuresOfGeneration(report)
  const worst = ({ errors }: typeof structure) =>
    errors === null
      ? 'too few requests for any percentile'
      : `the largest is ${signedPercent(errors.worst)} (${errors.worstAt})`
  const within = (of: typeof structure) => `${of.within} of ${of.errors?.rows ?? 0}`
  const { audits, replays, counted, fedBack } = auditCounts(report)
  return [
    `**Does Spillway schedule as a real engine does?** Each replay was simulated again, with the speed that its steps met. ${within(structure)} mean errors are within ${tenths(STRUCTURE_BAR)}; ${worst(structure)}.`,
    `**Does it predict a replay that it has not seen?** From rehearsals with other requests, ${within(prediction)} median errors are within 5 % (TTFT: 10 %) or the difference of two replays of the same requests; ${worst(prediction)}.`,
    `**Does it predict what a change does?** ${within(changes)} ratios are within 10 % or that difference; ${worst(changes)}. By the intervals of both sides, ${changes.verdicts.pass} are shown to be right, ${changes.verdicts.fail} to be wrong, and ${changes.verdicts.undecided} are left open.`,
    `**Would these checks notice a wrong simulator?** ${mutants.found} of ${mutants.of} simulators with a deliberate fault are found; the right one is taken for wrong in ${mutants.accused} of ${mutants.checks} checks.`,
    `**How still was the machine?** ${counted} of ${replays} replays count. Requests of the others were sent late, as other programs or the host took the processor. Where no replay of a case counts, its figures are those of all, and predictions say more of the machine than of Spillway.`,
    `**Are the replays what they claim to be?** ${audits} of ${report.cases.length} cases keep every rule of the audit, in which some answers are computed again as a whole; ${fedBack} of ${replays} decision logs lead a fresh control plane to the same decisions. ${count(requests)} requests, ${count(tokens)} tokens.`,
  ]
}

function auditCounts({ cases }: GenerationReport) {
  const audits = cases.filter(({ checks }) => checks.audit.verdict === 'PASS').length
  const sum = (of: (report: (typeof cases)[number]) => number) =>
    cases.reduce((total, one) => total + of(one), 0)
  return {
    audits,
    replays: sum((one) => one.replays),
    counted: sum((one) => one.counted),
    fedBack: sum((one) => one.fedBack),
  }
}

/** Signed, of two digits after the point. */
const signed = (share: number) => `${share >= 0 ? '+' : ''}${fixed(100 * share, 2)} %`
const floorText = ({ floor }: Bar) => (floor === null ? '–' : tenths(floor))
const heldText = (error: number, limit: number) => (Math.abs(error) <= limit ? 'yes' : '**no**')
const descending = <T>(all: readonly T[], size: (of: T) => number): T[] =>
  all.toSorted((a, b) => size(b) - size(a))

function structureSection({ cases }: GenerationReport): string {
  const rows = descending(cellsOf(cases), ({ structure }) => Math.abs(structure))
  const remarks = cases.flatMap(({ name, checks, spoiled }) => [
    ...(checks.audit.verdict === 'PASS' ? [] : [`${name}: audit FAIL, ${checks.audit.reason}`]),
    ...spoiled.map((why) => `${name}: ${why}`),
  ])
  return `## Structure

Each replay simulated with the machine that it recorded: simulated over measured, less 1, the mean of all replays and the worst one. Within: the
mean is within ${tenths(STRUCTURE_BAR)}. Verdict: that of \`spillway compare\`, where a replay has 100 requests beyond the percentile.

${markdownTable(
  [
    'case',
    'time',
    'percentile',
    'n',
    'measured',
    'mean error',
    'worst replay',
    'within',
    'verdict',
  ],
  rows.map((cell) => [
    ...placeOf(cell),
    count(cell.row.n),
    estimateText(cell.row.measured, 'time'),
    ...[signed(cell.structure), signed(cell.worst), heldText(cell.structure, STRUCTURE_BAR)],
    cell.row.verdicts.structure ?? '–',
  ]),
  'lllrrrrll',
)}
${remarks.map((text) => `\n- ${text}`).join('')}`.trimEnd()
}

const placeOf = ({ case: name, time, row }: Cell | RatioCell) => [
  name,
  time,
  percentileLabel(row.p),
]

function predictionSection({ cases }: GenerationReport): string {
  const all = cellsOf(cases).filter(({ rehearsed }) => rehearsed)
  const rows = descending(all, (cell) => Math.abs(cell.prediction))
  return `## Prediction

Replays predicted from as many rehearsals with other requests, which alternated with them (as in \`spillway run\`): predicted over measured, less 1, the
median of all replays. Within: 5 % (TTFT: 10 %), or the median difference of two replays (A/A). Service model and drift: parts of the error; drift is
the change of the machine since the rehearsals, by the control kernel.

${markdownTable(
  [
    'case',
    'time',
    'percentile',
    'median error',
    'A/A',
    'within',
    'service model',
    'drift',
    'verdict',
  ],
  rows.map((cell) => {
    const bar = predictionBar(cell)
    const { split, verdicts } = cell.row
    return [
      ...placeOf(cell),
      ...[signed(cell.prediction), floorText(bar), heldText(cell.prediction, limitOf(bar))],
      ...[split?.service_model, split?.drift].map((part) => (part == null ? '–' : signed(part))),
      verdicts.prediction ?? '–',
    ]
  }),
  'lllrrlrrl',
)}`
}

function changeSection({ changes }: GenerationReport): string {
  const rows = descending(ratioCells(changes), ({ row }) => Math.abs(row.error_relative))
  const open = changes.flatMap(({ name, check, token_times: times }) =>
    [
      { of: 'E2E', ...check },
      ...(times ? [{ of: 'TTFT', ...times.ttft.check }] : []),
      ...(times?.tpot ? [{ of: 'TPOT', ...times.tpot.check }] : []),
    ]
      .filter(({ verdict }) => verdict !== 'PASS')
      .map(({ of, verdict, reason }) => `${name}, ${of}: ${verdict}, ${reason}`),
  )
  return `## What if

The ratio of changed to unchanged times, predicted from replays of the unchanged side; whole replays of both alternate. Within: 10 %, or the median
difference of two replays of the unchanged side (A/A). Verdict: that of \`spillway run --against\`.

${markdownTable(
  [
    'change',
    'time',
    'percentile',
    'measured ratio',
    'predicted [band]',
    'error',
    'A/A',
    'within',
    'verdict',
  ],
  rows.map((cell) => {
    const { measured, predicted, error_relative: error, verdict } = cell.row
    const bar = ratioBar(cell)
    return [
      ...placeOf(cell),
      ...[estimateText(measured, 'plain'), estimateText(predicted, 'plain'), signed(error)],
      ...[floorText(bar), heldText(error, limitOf(bar)), verdict ?? '–'],
    ]
  }),
  'lllrrrrll',
)}

${open.map((text) => `- ${text}`).join('\n')}`.trimEnd()
}

function mutantSection({ mutants }: GenerationReport): string {
  return `## Mutants

Simulators with one fault each, in the structure of every case and in every change. Found: off by more than 3 % and outside a 95 % interval, in the
median over three replays; the interval is that of a further replay, or a further ratio (A/A), or under *structure, own noise* that of further simulations. Where the true simulator is found, no mutant
counts as found.

${markdownTable(
  ['mutant', 'what is wrong', 'found in', 'strongest finder', 'error'],
  mutants.map(mutantCells),
  'llrlr',
)}`
}
