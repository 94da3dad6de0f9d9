import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Argument } from 'commander'
import { documentText } from '../../runtime/folders/documents.ts'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { figuresOfPlans } from '../claims/figures/plan-study.ts'
import { withHead } from '../claims/head.ts'
import { beginStudy, readRecord, writeRecord } from '../claims/record.ts'
import { smokeRun, studyCommand } from '../study.ts'
import { EXHAUSTIVE, REPLICATIONS, readExhaustive, writeExhaustive } from './exhaustive.ts'
import { studyPage } from './page.ts'
import { SMALL_SPACE, SPACE, type Space } from './space.ts'
import { machine, type StudiedPlan, studiedPlan } from './study.ts'

/** Plans of a space whose answer is known: `npm run study:plan -- --help`. */

const SEEDS = 20
const RESULTS = fileURLToPath(new URL('plans.json', import.meta.url))
const PAGE = fileURLToPath(new URL('../../docs/background/plan-study.md', import.meta.url))

interface Results {
  readonly machine: string
  readonly plans: readonly StudiedPlan[]
}

const command = studyCommand(
  'study:plan',
  'Plans a space whose answer is known, and writes the page of their figures.',
  [
    ['', `makes ${SEEDS} plans in some minutes, and writes docs/background/plan-study.md`],
    ['-- exhaustive', 'simulates the whole space again, in minutes, and makes no plan'],
    ['-- page', 'only writes the page again'],
  ],
)
  .addArgument(new Argument('[part]', 'what alone is done').choices(['exhaustive', 'page']))
  .parse()

const [part] = command.args
if (command.opts<{ smoke?: true }>().smoke) await smoke()
else if (part === 'exhaustive') await exhaustive(EXHAUSTIVE, SPACE)
else {
  const results =
    part === 'page' ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as Results) : await planned()
  const record = readRecord('plan-study')
  await writeWhole(PAGE, record === null ? pageOf(results) : withHead(pageOf(results), record))
}

/** Makes all plans, and keeps them. */
async function planned(): Promise<Results> {
  const begun = beginStudy('plan-study')
  const results = await plansOf(SPACE, EXHAUSTIVE, SEEDS)
  await writeWhole(RESULTS, documentText(results))
  const space = { configurations: SPACE.size, exhaustive: SPACE.size * REPLICATIONS }
  await writeRecord(begun, figuresOfPlans(results.plans, space))
  return results
}

function exhaustive(file: string, space: Space): Promise<void> {
  return writeExhaustive(file, space, (done) => {
    if (done % 25 === 0) console.log(`${done} of ${space.size} configurations`)
  })
}

/** Plans with as many seeds, against what is known of their space. */
async function plansOf(space: Space, file: string, seeds: number): Promise<Results> {
  const known = readExhaustive(file, space)
  const plans: StudiedPlan[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    const plan = await studiedPlan(space, known, seed)
    console.log(plan)
    plans.push(plan)
  }
  return { machine: machine(), plans }
}

function pageOf(results: Results, space = SPACE, file = EXHAUSTIVE): string {
  const exhaustive = space.size * REPLICATIONS
  return studyPage(readExhaustive(file, space), { ...results, exhaustive })
}

function smoke(): Promise<void> {
  return smokeRun('study:plan', async (folder) => {
    const file = join(folder, 'exhaustive.csv')
    await exhaustive(file, SMALL_SPACE)
    const results = await plansOf(SMALL_SPACE, file, 1)
    pageOf(results, SMALL_SPACE, file)
    const { good, cost, simulations } = results.plans[0]!
    if (!good) throw new Error(`Expected the cheapest feasible configuration, got $${cost}`)
    return `1 plan of ${SMALL_SPACE.size} configurations found the cheapest in ${simulations} simulations`
  })
}
