import { mkdirSync, writeFileSync } from 'node:fs'
import { judge, simulateCase, type TheoryRow, theoryCases } from '../sim/experiment/index.ts'
import { type CoverageRow, coverageRows } from './validate-coverage.ts'
import { coverageLine, rowLine, validationPage } from './validate-page.ts'

/**
 * Compares simulation and queueing theory, and prints the table. `--write` keeps it in the docs.
 * Exits with 1 if they disagree.
 */

const REPLICATIONS = 20
const PAGE = 'docs/background/validation.md'

function main(): void {
  const rows: TheoryRow[] = []
  for (const theoryCase of theoryCases()) {
    const values = simulateCase(theoryCase, REPLICATIONS)
    theoryCase.figures.forEach((figure, i) => {
      const row = judge(theoryCase.model, figure, values[i]!)
      rows.push(row)
      console.log(rowLine(row))
    })
  }
  const coverage: CoverageRow[] = []
  for (const row of coverageRows()) {
    coverage.push(row)
    console.log(coverageLine(row))
  }
  const problems = [...rows, ...coverage].flatMap(({ problem }) => problem ?? [])
  console.log(
    problems.length === 0
      ? `All ${rows.length + coverage.length} agree`
      : `${problems.length} disagree:\n${problems.join('\n')}`,
  )
  if (process.argv.includes('--write')) {
    mkdirSync('docs/background', { recursive: true })
    writeFileSync(PAGE, validationPage({ rows, coverage, replications: REPLICATIONS }))
    console.log(`Wrote ${PAGE}`)
  }
  process.exitCode = problems.length === 0 ? 0 : 1
}

main()
