import { positiveNumber, wholeNumber } from '../../runtime/commands/command.ts'
import { ProgressDisplay } from '../../runtime/commands/progress.ts'
import { closeSimulations } from '../../runtime/jobs/simulations/simulation-processes.ts'
import { figuresOfCoverage, missedCoverage } from '../claims/figures/uncertainty.ts'
import { beginStudy } from '../claims/record.ts'
import { STUDIES } from '../claims/studies.ts'
import { keepStudy, runStudy } from '../study.ts'
import { type CoverageRow, coverageRow, type Planners, rowsOf } from './coverage.ts'
import { KeptPlanners } from './kept-planners.ts'
import { type KnownMachine, MACHINES, NAMES, SMALL, sojournsOn } from './machines.ts'
import { studyPage, tableOf } from './page.ts'
import { type Held, planned, TRUTHS } from './planner.ts'
import type { Sojourns } from './sojourns.ts'

/** Coverage of intervals with uncertain inputs: `npm run study:uncertainty -- --help`. */

const WHOLE = { planners: 500, searches: 20 } as const
const QUICK = { planners: 20, searches: 1 } as const
const SMOKE = { planners: 2, searches: 0 } as const
/** Of each entry of a table of what is true. */
const REQUESTS = 500_000
const FEW_REQUESTS = 5000
const FOLDER = STUDIES.uncertainty.keptIn!

interface Options {
  readonly quick?: true
  readonly minutes?: number
}

/** The time of a study has ended before it was complete. */
class OutOfTime extends Error {}

const progress = new ProgressDisplay()

await runStudy<Options>({
  script: 'study:uncertainty',
  description: `How often intervals hold what is true of machines whose inputs are not known. Planners that have been simulated are kept in ${FOLDER} and used again, so an interrupted study goes on; remove that folder to simulate again.`,
  examples: [
    ['', `${WHOLE.planners} planners of each machine, four to twelve hours; writes the page`],
    ['-- --minutes 50', 'ends after 50 minutes, and keeps what it has; the next run goes on'],
    ['-- 100', 'so many planners of each machine, and the page of these; the next run goes on'],
    ['-- --quick', `${QUICK.planners} planners of each machine, in ten minutes; keeps nothing`],
  ],
  define: (command) =>
    command
      .argument('[planners]', 'planners of each machine', wholeNumber(2), WHOLE.planners)
      .option('--quick', `${QUICK.planners} planners of each machine; keeps nothing`)
      .option('--minutes <m>', 'begin nothing after so many minutes', positiveNumber),
  smoke: async (folder) => {
    const kept = new KeptPlanners(folder)
    const rows = await studied(rowsOf(SMALL, SMOKE), { kept, requests: FEW_REQUESTS })
    studyPage(figuresOfCoverage(rows, TRUTHS))
    return `${rows.length} machine, ${SMOKE.planners} planners on ${TRUTHS} days each`
  },
  run: async ({ quick, minutes }, { processedArgs: [planners] }) => {
    const endsAt = minutes === undefined ? undefined : performance.now() + 60_000 * minutes
    const begun = quick ? null : beginStudy('uncertainty')
    const kept = new KeptPlanners(quick ? null : FOLDER)
    const extent = quick ? QUICK : { ...WHOLE, planners }
    try {
      const rows = await studied(rowsOf(MACHINES, extent), { kept, requests: REQUESTS, endsAt })
      const figures = figuresOfCoverage(rows, TRUTHS)
      console.log(tableOf(figures.rows))
      if (begun !== null) {
        const spent = kept.earlierMinutes + (performance.now() - begun.sinceMs) / 60_000
        await keepStudy(begun, { figures, page: studyPage(figures), minutes: spent })
      }
      const missed = missedCoverage(figures)
      for (const text of missed) process.stderr.write(`missed: ${text}\n`)
      if (missed.length > 0) process.exitCode = 1
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error
      console.log(`Not complete yet: ${error.message}. The next run goes on.`)
    }
  },
})

interface Work {
  readonly kept: KeptPlanners
  /** of each entry of a table of what is true */
  readonly requests: number
  /** nothing is begun from then on, on the clock of `performance.now()` */
  readonly endsAt?: number | undefined
}

async function studied(all: readonly Planners[], work: Work): Promise<CoverageRow[]> {
  const tables = new Map<KnownMachine, Sojourns>()
  const rows: CoverageRow[] = []
  try {
    for (const [i, row] of all.entries()) {
      const { machine } = row
      const sojourns = tables.get(machine) ?? sojournsOn(machine, work.requests)
      tables.set(machine, sojourns)
      const place = `${i + 1} of ${all.length}`
      rows.push(coverageRow(row, await heldIn(row, sojourns, { ...work, place })))
    }
    return rows
  } finally {
    progress.stop()
    closeSimulations()
  }
}

/** What the intervals of each planner hold. */
async function heldIn(
  { machine, leftOut, planners, searches }: Planners,
  sojourns: Sojourns,
  { kept, place, endsAt = Number.POSITIVE_INFINITY }: Work & { readonly place: string },
): Promise<Held[]> {
  const without = leftOut === null ? '' : `, without ${NAMES[leftOut] ?? leftOut}`
  const each: Held[] = []
  for (let planner = 0; planner < planners; planner++) {
    progress.update(`${place}: ${machine.name}${without}`, planner, planners)
    const asked = { leftOut, sojourns, searches: planner < searches }
    const key = JSON.stringify([machine.name, leftOut, planner, asked.searches])
    if (!kept.has(key) && performance.now() > endsAt) {
      throw new OutOfTime(`row ${place}, ${planner} of ${planners} planners`)
    }
    each.push(await kept.of(key, () => planned(machine, planner, asked)))
  }
  return each
}
