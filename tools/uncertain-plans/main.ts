import { closeSimulations } from '../../runtime/jobs/simulations/simulation-processes.ts'
import { figuresOfUncertainPlans, LEAST_SHARE } from '../claims/figures/uncertain-plans.ts'
import { beginStudy } from '../claims/record.ts'
import { keepStudy, runStudy } from '../study.ts'
import { studyPage } from './page.ts'
import { limitOf, SMALL_SPACE, SPACE, type Space } from './space.ts'
import { type StudiedPlan, studiedPlan } from './study.ts'
import { type KnownConfiguration, simulatedTruths } from './truths.ts'

/** Plans of inputs that are not known: `npm run study:uncertain-plans -- --help`. */

const PLANS = 20
const TRUTHS = 500
const SMOKE = { plans: 1, truths: 4 } as const

await runStudy({
  script: 'study:uncertain-plans',
  description: 'Plans with inputs that are not known, against what is true, and writes their page.',
  examples: [
    ['', `${PLANS} plans against ${TRUTHS} truths, and docs/background/uncertain-plans.md`],
  ],
  smoke: async () => {
    const { plans, configurations } = await studied(SMALL_SPACE, SMOKE)
    studyPage(plans, figuresOf(plans, configurations, SMOKE.truths))
    const [{ drawn }] = plans as [StudiedPlan]
    return `${plans.length} plan of ${configurations.length} configurations with ${drawn} replications of draws`
  },
  run: async () => {
    const begun = beginStudy('uncertain-plans')
    const { plans, configurations } = await studied(SPACE, { plans: PLANS, truths: TRUTHS })
    const figures = figuresOf(plans, configurations, TRUTHS)
    await keepStudy(begun, { figures, page: studyPage(plans, figures) })
    if (figures.held.plans < figures.plans) {
      const share = (100 * LEAST_SHARE).toFixed(0)
      missed(
        `${figures.held.plans} of ${figures.plans} chosen ones hold in ${share} % of the truths`,
      )
    }
    if (figures.cheaper.plans > 0) missed(`${figures.cheaper.plans} plans leave a cheaper one`)
  },
})

function missed(text: string): void {
  process.stderr.write(`missed: ${text}\n`)
  process.exitCode = 1
}

async function studied(
  space: Space,
  { plans: count, truths }: { readonly plans: number; readonly truths: number },
) {
  try {
    const configurations = await simulatedTruths(space, truths, (done, of) =>
      console.error(`${done} of ${of} configurations`),
    )
    const plans: StudiedPlan[] = []
    for (let seed = 1; seed <= count; seed++) {
      const plan = await studiedPlan(space, configurations, { seed, limitMs: limitOf(seed, count) })
      console.error(plan)
      plans.push(plan)
    }
    return { plans, configurations }
  } finally {
    closeSimulations()
  }
}

function figuresOf(
  plans: readonly StudiedPlan[],
  configurations: readonly KnownConfiguration[],
  truths: number,
) {
  return figuresOfUncertainPlans(plans, { configurations: configurations.length, truths })
}
