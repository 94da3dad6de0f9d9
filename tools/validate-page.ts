import type { Theory, TheoryRow } from '../sim/experiment/index.ts'
import type { CoverageRow } from './validate-coverage.ts'

/** A half-width of one per cent supports four significant digits. */
const number = (value: number) => Number(value.toPrecision(5)).toString()
const percent = (share: number) => `${(100 * share).toFixed(1)} %`

const theoryText = (theory: Theory) =>
  typeof theory === 'number' ? number(theory) : `${number(theory.above)} to ${number(theory.below)}`

const simulatedText = ({ estimate, halfWidth }: TheoryRow) =>
  halfWidth <= 1e-9 * estimate
    ? `${number(estimate)} exactly`
    : `${number(estimate)} ± ${Number(halfWidth.toPrecision(2))}`

const verdictText = ({ problem }: { readonly problem: string | null }) =>
  problem === null ? 'agrees' : 'DISAGREES'

/** One line of the table on a terminal. */
export function rowLine(row: TheoryRow): string {
  return [
    row.model.padEnd(41),
    row.figure.padEnd(19),
    simulatedText(row).padEnd(20),
    theoryText(row.theory).padEnd(18),
    `z ${row.z.toFixed(1)}`.padEnd(8),
    verdictText(row),
  ].join(' ')
}

export function coverageLine(row: CoverageRow): string {
  const interval = `${percent(row.low)} to ${percent(row.high)}`
  return `95 % intervals, ${row.name}: covered ${percent(row.covered)} (${interval}) ${verdictText(row)}`
}

/** The page of the docs. It contains nothing that depends on the machine or the date. */
export function validationPage(validation: {
  readonly rows: readonly TheoryRow[]
  readonly coverage: readonly CoverageRow[]
  readonly replications: number
}): string {
  const table = validation.rows.map((row) =>
    cells(
      row.model,
      row.figure,
      simulatedText(row),
      theoryText(row.theory),
      row.z.toFixed(1),
      verdictText(row),
    ),
  )
  const coverage = validation.coverage.map((row) =>
    cells(
      row.name,
      row.trials,
      percent(row.covered),
      `${percent(row.low)} to ${percent(row.high)}`,
      verdictText(row),
    ),
  )
  return `# Simulation against theory

\`npm run validate -- --write\` wrote this page. Nothing on it depends on the machine: seeds are fixed.

Each model is a scenario of declared work, run by the control plane and the simulated world that
every scenario runs through, in ${validation.replications} independent replications, each with a warm-up that is not
counted. Times are ms, rates requests/ms; services take 1 ms in the mean where nothing else is said. The
half-width is that of the 95 % t interval over replications, z the distance from theory in standard
errors.

A figure agrees only if |z| ≤ 4 **and** its half-width is at most 2 % of theory, so that none passes
by being vague. Where theory has bounds only, the figure must lie inside by 4 standard errors. The
timetables (D/D) are worked out by hand and must be met exactly. The tests hold each line against
values that are 5 % wrong, which must all be refused.

${cells('model', 'figure', 'simulated', 'theory', 'z', 'verdict')}
|---|---|---|---|---|---|
${table.join('\n')}

Why replications, and never the requests of one run: in M/M/1 at load .8, a 95 % interval for p99
from the order statistics of one run of 100,000 requests holds the true value 18 % of the time, for
the requests of a run are not independent. Intervals over replications do keep their word:

${cells('figure', 'trials', 'covered', '95 % interval of that', 'verdict: 93 to 97 %')}
|---|---|---|---|---|
${coverage.join('\n')}

The sources of the formulas stand beside them in \`sim/theory\`.
`
}

function cells(...values: readonly (string | number)[]): string {
  return `| ${values.join(' | ')} |`
}
