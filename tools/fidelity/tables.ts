import { largest } from '../../reports/charts/frame.ts'
import { estimateText, figure, fixed } from '../../reports/format.ts'
import { measuredText, notCountedRounds } from '../../reports/what-if-text.ts'
import { percentileLabel } from '../../sim/stats/index.ts'
import type { FidelityReport } from './fidelity-report.ts'
import type { CaseReport, ChangeReport } from './judge.ts'
import type { MatrixCell, MutantRow } from './mutant-matrix.ts'
import type { PredictionStudy } from './prediction.ts'

/** A table of the fidelity page, and the text around it; code is in `backquotes`. */
export interface FidelityTable {
  readonly heading: string
  readonly note: string
  readonly columns: readonly string[]
  /** "l" or "r" for each column: text or figures */
  readonly align: string
  readonly rows: readonly (readonly string[])[]
  /** list items below the table */
  readonly remarks: readonly string[]
}

/** Every figure of the suite, including failures, the worst of each check first. */
export function fidelityTables(report: FidelityReport): FidelityTable[] {
  const { cases, changes, prediction, mutants } = report
  return [
    {
      heading: 'Structure, A/A and audit',
      note: `Each replay simulated with its own recorded machine: simulated − measured, the worst of all replays, in the percentiles with
\`n(1 − p) ≥ 100\` requests. To pass: the interval of the mean error within max(1 %, 30 µs), and no replay beyond it by more than its
own noise. A/A: largest median difference of two replays of the same requests.`,
      columns: [
        ...['scenario', 'replays', 'structure', 'worst error', 'A/A', 'audit'],
        'decision logs alike',
      ],
      align: 'lrlrrlr',
      rows: cases.map(caseCells),
      remarks: cases.flatMap(failures),
    },
    {
      heading: 'What if',
      note: `The ratio of changed to unchanged latency, predicted from the replays of the unchanged side. All sides of a session alternate in slices;
a block has two slices of each, and the interval is a bootstrap over blocks. To pass: p50 within max(5 %, 50 µs), p95 within
max(10 %, 50 µs, A/A), with the whole interval of the measured ratio, and the control kernel within 2 % on both sides. To fail: further off by
the intervals of both sides, measured and predicted.`,
      columns: [
        ...['change', 'measured in', 'percentile', 'measured ratio', 'predicted [band]', 'error'],
        ...['A/A', 'control', 'verdict'],
      ],
      align: 'lllrrrrrl',
      rows: changes.flatMap(changeCells),
      remarks: [
        ...changes
          .filter(({ check }) => check.verdict !== 'PASS')
          .map(({ name, check }) => `${name}: ${check.verdict}, ${check.reason}`),
        ...changes.flatMap((change) =>
          notCountedRounds(change).map((text) => `${change.name}: ${text}`),
        ),
      ],
    },
    predictionTable(prediction),
    {
      heading: 'Mutants',
      note: `Deliberately wrong simulators, in every check of every scenario above. Found: off by more than 3 %
and outside a 95 % interval, at p50, p90 or p95, in the median over three replays. The interval is that of a further replay, or a further
ratio (A/A); under *structure, own noise* that of further simulations of that replay. The true simulator must not be found;
where it is, no mutant counts as found.`,
      columns: ['mutant', 'what is wrong', 'found in', 'strongest finder', 'error'],
      align: 'llrlr',
      rows: mutants.map(mutantCells),
      remarks: [],
    },
  ]
}

const signed = (share: number) => `${share >= 0 ? '+' : ''}${fixed(100 * share, 2)} %`
const micros = (ms: number) => `${fixed(1000 * ms, 0)} µs`

function caseCells(caseReport: CaseReport): string[] {
  const judged = caseReport.percentiles.filter(({ verdicts }) => verdicts.structure !== null)
  const { worst, verdict } = caseReport.checks.structure
  const noise = largest(judged, ({ noise_floor }) => noise_floor.median ?? 0)
  const floor = noise?.noise_floor.median ?? 0
  return [
    caseReport.name,
    `${caseReport.replays}`,
    verdict,
    worst === null
      ? '–'
      : `${signed(worst.relative)} (${micros(worst.error_ms)}) at ${percentileLabel(worst.p)}`,
    `${(100 * floor).toFixed(1)} % at ${percentileLabel(noise?.p ?? 0.5)}`,
    caseReport.checks.audit.verdict,
    `${caseReport.fedBack} of ${caseReport.replays}`,
  ]
}

/** Every check that did not pass, with its reason. */
function failures({ name, checks, spoiled }: CaseReport): string[] {
  const { structure, audit } = checks
  return [
    ...(structure.verdict === 'PASS'
      ? []
      : [`${name}: structure ${structure.verdict}, ${structure.reason}`]),
    ...(audit.verdict === 'PASS' ? [] : [`${name}: audit FAIL, ${audit.reason}`]),
    ...spoiled.map((why) => `${name}: ${why}`),
  ]
}

function changeCells(change: ChangeReport): string[][] {
  const { name, percentiles, control } = change
  return percentiles
    .filter(({ p }) => p === 0.5 || p === 0.95)
    .map(({ p, measured, predicted, error_relative, error_ms, noise_floor, verdict }) => [
      name,
      measuredText(change),
      percentileLabel(p),
      estimateText(measured, 'plain'),
      estimateText(predicted, 'plain'),
      `${signed(error_relative)} (${micros(error_ms)})`,
      `${(100 * (noise_floor.median ?? 0)).toFixed(1)} %`,
      control === null ? '–' : signed(control - 1),
      verdict ?? 'too few requests',
    ])
}

function predictionTable({ rows, checks }: PredictionStudy): FidelityTable {
  return {
    heading: 'Prediction',
    note: `${rows[0]?.replays ?? 0} replays at each of four loads, predicted from as many rehearsals with other requests, which alternated
with them (as in \`spillway run\`). Relative to the median of the replays. Band: where a next run is in 95 % of cases, by the rehearsals; required: how wide that is by the
replays; interval score: Gneiting and Raftery 2007, less is better. Service model and drift: parts of the error of the means; drift is the
change of the machine since the rehearsals, by the control kernel.`,
    columns: [
      ...['replays', 'percentile', 'median error', 'A/A', 'mean signed error [95 %, Bonferroni]'],
      ...['service model', 'drift'],
      ...['in band', 'band / required', 'interval score'],
    ],
    align: 'llrrrrrrrr',
    rows: rows.map((row) => [
      row.name,
      percentileLabel(row.p),
      `${(100 * row.medianError).toFixed(2)} %`,
      `${(100 * row.floor).toFixed(2)} %`,
      `${signed(row.meanError.value)} [${signed(row.meanError.low!)}, ${signed(row.meanError.high!)}]`,
      ...[row.split?.service_model, row.split?.drift].map((part) =>
        part == null ? '–' : signed(part),
      ),
      `${row.inside} of ${row.replays}`,
      figure(row.wideness),
      figure(row.intervalScore),
    ]),
    remarks: checks.map(({ text, verdict }) => `${verdict}: ${text}`),
  }
}

/** Where an error was detected: check, scenario and percentile. */
export function cellName(cell: MatrixCell): string {
  const time = cell.time === 'latency' ? '' : `${cell.time.toUpperCase()} `
  return `${cell.check}, ${cell.case}, ${time}${percentileLabel(cell.p)}`
}

/** A row of the table of mutants. */
export function mutantCells({ mutant, fault, finder, largest, found, ran }: MutantRow): string[] {
  const where = finder === null ? `none; largest: ${cellName(largest)}` : cellName(finder)
  return [mutant, fault, `${found} of ${ran}`, where, signed((finder ?? largest).error)]
}
