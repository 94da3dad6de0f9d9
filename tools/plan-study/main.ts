import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { figuresOfPlans } from '../claims/figures/plan-study.ts'
import { withHead } from '../claims/head.ts'
import { beginStudy, readRecord, writeRecord } from '../claims/record.ts'
import { REPLICATIONS, readExhaustive, writeExhaustive } from './exhaustive.ts'
import { studyPage } from './page.ts'
import { SIZE } from './space.ts'
import { machine, type StudiedPlan, studiedPlan } from './study.ts'

/**
 * `npm run study:plan`: 20 plans of the space whose answer is known, and a page of their figures.
 * `-- exhaustive` simulates the whole space again, which takes minutes; `-- page` only writes the
 * page again.
 */

const SEEDS = 20
const RESULTS = fileURLToPath(new URL('plans.json', import.meta.url))
const PAGE = fileURLToPath(new URL('../../docs/background/plan-study.md', import.meta.url))

interface Results {
  readonly machine: string
  readonly plans: readonly StudiedPlan[]
}

const [what] = process.argv.slice(2)
if (what === 'exhaustive') {
  await writeExhaustive((done) => {
    if (done % 25 === 0) console.log(`${done} of ${SIZE} configurations`)
  })
} else if (what !== 'page') {
  const begun = beginStudy('plan-study')
  const known = readExhaustive()
  const plans: StudiedPlan[] = []
  for (let seed = 1; seed <= SEEDS; seed++) {
    const plan = await studiedPlan(known, seed)
    console.log(plan)
    plans.push(plan)
  }
  const results: Results = { machine: machine(), plans }
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
  const space = { configurations: SIZE, exhaustive: SIZE * REPLICATIONS }
  await writeRecord(begun, figuresOfPlans(plans, space))
}
if (what !== 'exhaustive') {
  const results = JSON.parse(readFileSync(RESULTS, 'utf8')) as Results
  const exhaustive = SIZE * REPLICATIONS
  const page = studyPage(readExhaustive(), { ...results, exhaustive })
  const record = readRecord('plan-study')
  writeFileSync(PAGE, record === null ? page : withHead(page, record))
}
