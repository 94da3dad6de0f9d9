import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Argument } from 'commander'
import { documentText } from '../../runtime/folders/documents.ts'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { figuresOfPlans } from '../claims/figures/plan-study.ts'
import { beginStudy, readRecord } from '../claims/record.ts'
import { keepPage, keepStudy, runStudy } from '../study.ts'
import { EXHAUSTIVE, REPLICATIONS, readExhaustive, writeExhaustive } from './exhaustive.ts'
import { studyPage } from './page.ts'
import { SMALL_SPACE, SPACE, type Space } from './space.ts'
import { machine, type StudiedPlan, studiedPlan } from './study.ts'

/** Plans of a space whose answer is known: `npm run study:plan -- --help`. */

const SEEDS = 20
const RESULTS = fileURLToPath(new URL('plans.json', import.meta.url))

interface Results {
  readonly machine: string
  readonly plans: readonly StudiedPlan[]
}

await runStudy({
  script: 'study:plan',
  description: 'Plans a space whose answer is known, and writes the page of their figures.',
  examples: [
    ['', `makes ${SEEDS} plans in some minutes, and writes docs/background/plan-study.md`],
    ['-- exhaustive', 'simulates the whole space again, in minutes, and makes no plan'],
    ['-- page', 'only writes the page again'],
  ],
  define: (command) =>
    command.addArgument(
      new Argument('[part]', 'what alone is done').choices(['exhaustive', 'page']),
    ),
  smoke: async (folder) => {
    const file = join(folder, 'exhaustive.csv')
    await exhaustive(file, SMALL_SPACE)
    const results = await plansOf(SMALL_SPACE, file, 1)
    pageOf(results, SMALL_SPACE, file)
    const { good, cost, simulations } = results.plans[0]!
    if (!good) throw new Error(`Expected the cheapest feasible configuration, got $${cost}`)
    return `1 plan of ${SMALL_SPACE.size} configurations found the cheapest in ${simulations} simulations`
  },
  run: async (_, { args: [part] }) => {
    if (part === 'exhaustive') return exhaustive(EXHAUSTIVE, SPACE)
    if (part !== 'page') return planned()
    const results = JSON.parse(readFileSync(RESULTS, 'utf8')) as Results
    await keepPage(pageOf(results), readRecord('plan-study')!)
  },
})

/** Makes all plans, and keeps them. */
async function planned(): Promise<void> {
  const begun = beginStudy('plan-study')
  const results = await plansOf(SPACE, EXHAUSTIVE, SEEDS)
  await writeWhole(RESULTS, documentText(results))
  const space = { configurations: SPACE.size, exhaustive: SPACE.size * REPLICATIONS }
  await keepStudy(begun, { figures: figuresOfPlans(results.plans, space), page: pageOf(results) })
}

function exhaustive(file: string, space: Space): Promise<void> {
  return writeExhaustive(file, space, (done) => {
    if (done % 25 === 0) console.log(`${done} of ${space.size} configurations`)
  })
}

/** Plans with as many seeds, against what is known of their space. */
async function plansOf(space: Space, file: string, seeds: number): Promise<Results> {
  const configurations = readExhaustive(file, space)
  const plans: StudiedPlan[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    const plan = await studiedPlan(space, configurations, seed)
    console.log(plan)
    plans.push(plan)
  }
  return { machine: machine(), plans }
}

function pageOf(results: Results, space = SPACE, file = EXHAUSTIVE): string {
  const exhaustive = space.size * REPLICATIONS
  return studyPage(readExhaustive(file, space), { ...results, exhaustive })
}
