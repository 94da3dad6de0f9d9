import { type Verdict, worst } from '../../sim/documents/index.ts'
import type { FidelityReport } from './fidelity-report.ts'
import { isHard, JUDGED } from './suite.ts'

/** The result of one check of the suite. */
export interface SummaryLine {
  readonly check: string
  readonly verdict: Verdict
  readonly text: string
}

/** Every check over all scenarios, one line each; batches that are shorter than noise apart. */
export function summaryLines(report: FidelityReport): SummaryLine[] {
  const { cases, prediction } = report
  const broken = cases.filter(({ checks }) => checks.audit.verdict !== 'PASS')
  const alike = cases.reduce((sum, { fedBack }) => sum + fedBack, 0)
  const replays = cases.reduce((sum, caseReport) => sum + caseReport.replays, 0)
  return [
    ...judgedLines(report, { names: (name) => !isHard(name), suffix: '' }),
    ...judgedLines(report, { names: isHard, suffix: ', batches of 0.2 ms (hard case)' }),
    ...prediction.checks.map(({ verdict, text }) => ({ check: 'Prediction', verdict, text })),
    {
      check: 'Audit',
      verdict: worst(cases.map(({ checks }) => checks.audit.verdict)),
      text:
        broken.length === 0
          ? 'every rule kept'
          : `broken in ${broken.map(({ name }) => name).join(', ')}`,
    },
    {
      check: 'Decision logs fed back',
      verdict: alike === replays ? 'PASS' : 'FAIL',
      text: `${alike} of ${replays} to the same decisions`,
    },
    mutantLine(report),
  ]
}

/** Which cases and changes a line is of. */
interface Part {
  readonly names: (name: string) => boolean
  /** of the names of checks */
  readonly suffix: string
}

/** The verdicts of the product on some cases and changes; no line where a check has none. */
function judgedLines({ cases, changes }: FidelityReport, { names, suffix }: Part): SummaryLine[] {
  const ofPart = cases.filter(({ name }) => names(name))
  const changed = changes.filter(({ name }) => names(name))
  const structure = ofPart.flatMap(({ percentiles }) =>
    percentiles.flatMap(({ verdicts }) => verdicts.structure ?? []),
  )
  // what is predicted from rehearsals
  const predicted = ofPart
    .filter(({ name }) => name.startsWith(JUDGED))
    .flatMap(({ percentiles }) => percentiles.flatMap((row) => row.verdicts.prediction ?? []))
  const whatIf = changed.map(({ check }) => check.verdict)
  const line = (check: string, verdicts: readonly Verdict[], text: string) =>
    verdicts.length === 0
      ? []
      : [
          {
            check: `${check}${suffix}`,
            verdict: worst(verdicts),
            text: `${tally(verdicts)} of ${verdicts.length} ${text}`,
          },
        ]
  return [
    ...line('Structure', structure, '(scenario, percentile) cells'),
    ...line('What-if', whatIf, `changes${openText(changed)}`),
    ...line('Prediction', predicted, '(load, percentile) cells'),
  ]
}

function tally(verdicts: readonly Verdict[]): string {
  const of = (verdict: Verdict) => verdicts.filter((v) => v === verdict).length
  return `${of('PASS')} PASS, ${of('UNDECIDED')} UNDECIDED, ${of('FAIL')} FAIL`
}

const CAUSES = {
  measured: 'by the measured ratio',
  predicted: 'by the prediction',
  machine: 'by the control kernel',
} as const

/** What leaves percentiles undecided: "; percentiles left open: 5 by the measured ratio, …". */
function openText(changes: FidelityReport['changes']): string {
  const open = changes.flatMap(({ percentiles }) => percentiles.flatMap((row) => row.open ?? []))
  const parts = (Object.keys(CAUSES) as (keyof typeof CAUSES)[]).flatMap((cause) => {
    const count = open.filter((of) => of === cause).length
    return count === 0 ? [] : [`${count} ${CAUSES[cause]}`]
  })
  return parts.length === 0 ? '' : `; percentiles left open: ${parts.join(', ')}`
}

function mutantLine({ mutants }: FidelityReport): SummaryLine {
  const [none, ...wrong] = mutants
  const missed = wrong.filter(({ finder }) => finder === null)
  const not = missed.length > 0 ? `, not ${missed.map(({ mutant }) => mutant).join(', ')}` : ''
  return {
    check: 'Mutants',
    verdict: missed.length === 0 && none!.finder === null ? 'PASS' : 'FAIL',
    text:
      `${wrong.length - missed.length} of ${wrong.length} found${not}; ` +
      `the true simulator in ${none!.found} of ${none!.ran} checks`,
  }
}
