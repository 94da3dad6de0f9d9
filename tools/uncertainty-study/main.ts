import { wholeNumber } from '../../runtime/commands/command.ts'
import { closeSimulations } from '../../runtime/jobs/simulations/simulation-processes.ts'
import type { Interval } from '../../sim/stats/index.ts'
import { markdownTable } from '../markdown-table.ts'
import { runStudy } from '../study.ts'
import { type CoverageRow, coverageOf, FIGURES, MACHINES } from './coverage.ts'

/** Coverage of intervals with uncertain inputs: `npm run study:uncertainty -- --help`. */

const WHOLE = 200
const QUICK = 20
const SMOKE = 2

/** Accepted coverage of a 95 % interval, and what one without a source may cover at most. */
const LEAST = 0.93
const MOST = 0.97
const MOST_WITHOUT = 0.9

await runStudy<{ readonly quick?: true }>({
  script: 'study:uncertainty',
  description: 'Prints how often intervals hold the truth of machines whose inputs are not known.',
  examples: [
    ['', `${WHOLE} planners of each machine, an hour`],
    ['-- --quick', `${QUICK} planners of each machine, some minutes`],
    ['-- 200', 'as many planners'],
  ],
  define: (command) =>
    command
      .argument('[planners]', 'planners of each machine', wholeNumber(1), WHOLE)
      .option('--quick', `${QUICK} planners of each machine`),
  smoke: async () => {
    const [machine] = MACHINES
    const rows = await rowsOf(SMOKE, [{ ...machine!, leftOut: machine!.leftOut.slice(0, 1) }])
    tableOf(rows)
    return `${rows.length} rows, each of ${SMOKE} planners`
  },
  run: async ({ quick }, { processedArgs: [planners] }) => {
    const rows = await rowsOf(quick ? QUICK : planners, MACHINES)
    console.log(tableOf(rows))
    const missed = rows.flatMap(problemsOf)
    for (const text of missed) process.stderr.write(`missed: ${text}\n`)
    if (missed.length > 0) process.exitCode = 1
  },
})

async function rowsOf(planners: number, machines: typeof MACHINES): Promise<CoverageRow[]> {
  const rows: CoverageRow[] = []
  for (const machine of machines) {
    for (const leftOut of [null, ...machine.leftOut]) {
      rows.push(await coverageOf(machine, leftOut, planners))
      process.stderr.write(`${cellsOf(rows.at(-1)!).join('  ')}\n`)
    }
  }
  closeSimulations()
  return rows
}

function tableOf(rows: readonly CoverageRow[]): string {
  const heads = ['machine', 'left out', 'interval', ...FIGURES, 'draws']
  const cells = rows.flatMap((row) => [cellsOf(row), drawsOf(row)])
  return markdownTable(heads, cells, `lll${'r'.repeat(FIGURES.length)}r`)
}

function cellsOf({ machine, leftOut, wider, meanDraws }: CoverageRow): string[] {
  const head = [machine, leftOut ?? 'nothing', 'wider']
  return [...head, ...wider.map(shareText), meanDraws.toFixed(0)]
}

function drawsOf({ machine, leftOut, draws }: CoverageRow): string[] {
  return [machine, leftOut ?? 'nothing', 'of draws', ...draws.map(shareText), '']
}

function percent(share: number | null): string {
  return (100 * (share ?? 0)).toFixed(1)
}

function shareText({ value, low, high }: Interval): string {
  return `${percent(value)} [${percent(low)}, ${percent(high)}] %`
}

/** What is surely outside what is promised. */
function problemsOf({ machine, leftOut, wider }: CoverageRow): string[] {
  if (leftOut !== null) {
    const some = wider.some(({ high }) => high !== null && high < MOST_WITHOUT)
    return some ? [] : [`${machine} without ${leftOut}: no figure is covered in less than 90 %`]
  }
  return wider.flatMap(({ value, low, high }, i) =>
    high! < LEAST || low! > MOST
      ? [`${machine}: ${FIGURES[i]} is covered in ${percent(value)} %`]
      : [],
  )
}
