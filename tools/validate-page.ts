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

\`npm run validate -- --write\` generates this page. It does not depend on the machine: seeds are fixed.

Each model is a scenario of declared work. It runs in the control plane and the simulated world of
every other scenario, in ${validation.replications} independent replications, each with a warm-up that is not
counted. Times are ms, rates requests/ms; a mean
service takes 1 ms unless stated otherwise. The half-width is that of the 95 % t interval over
replications, z the distance from theory in standard errors.

A figure agrees only if |z| ≤ 4 **and** its half-width is at most 2 % of theory, so that none passes
by being vague. Where theory has bounds only, the figure must be inside them by 4 standard errors.
The timetables (D/D) are computed by hand and must be met exactly. The tests also compare each line
with values that are 5 % wrong, and must reject all of them.

${cells('model', 'figure', 'simulated', 'theory', 'z', 'verdict')}
|---|---|---|---|---|---|
${table.join('\n')}

Intervals use replications, never the requests of one run, because those are not independent. In
M/M/1 at load 0.8, a 95 % interval for p99 from the order statistics of one run of 100,000 requests
covers the true value 18 % of the time. Intervals over replications have their nominal coverage:

${cells('figure', 'trials', 'covered', '95 % interval of that', 'verdict: 93 to 97 %')}
|---|---|---|---|---|
${coverage.join('\n')}

\`sim/theory\` names the source of each formula.
`
}

function cells(...values: readonly (string | number)[]): string {
  return `| ${values.join(' | ')} |`
}
