import { markdownTable } from '../markdown-table.ts'
import { holdsAt, type Known, leastCost } from './exhaustive.ts'
import { LIMIT_MS } from './space.ts'
import type { StudiedPlan } from './study.ts'

const NEAR = 0.05

/** The page of the study. `exhaustive`: simulations of all configurations. */
export function studyPage(
  configurations: readonly Known[],
  of: {
    readonly machine: string
    readonly plans: readonly StudiedPlan[]
    readonly exhaustive: number
  },
): string {
  const { machine, plans, exhaustive } = of
  const good = plans.filter((plan) => plan.good).length
  const most = Math.max(...plans.map(({ simulations }) => simulations))
  const confident = plans.reduce((sum, plan) => sum + plan.confident, 0)
  const wrong = plans.reduce((sum, plan) => sum + plan.wrong, 0)
  const seconds = plans.map((plan) => plan.seconds).sort((a, b) => a - b)
  const near = configurations.filter(
    ({ mean }) => Math.abs(mean - Math.log(LIMIT_MS)) < NEAR,
  ).length
  const feasible = configurations.filter(holdsAt(LIMIT_MS)).length
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  const rows = plans.map((plan) => [
    String(plan.seed),
    plan.cost === null ? 'none' : `$${plan.cost.toFixed(2)}`,
    plan.good ? 'yes' : 'no',
    String(plan.simulations),
    percent(plan.simulations / exhaustive),
    `${plan.wrong} of ${plan.confident}`,
  ])
  return `# Plans against an exhaustive search

\`npm run study:plan\` writes this page. \`npm run study:plan -- exhaustive\` simulates the whole space again.

The space has ${configurations.length} configurations: two kinds of servers with declared times of batches ($0.55 and $1.30 an hour), 1 to 10 replicas, batches of at
most 2 to 32 requests and windows of 0 to 20 ms (\`tools/plan-study/space.yaml\`). The throughput of a server rises up to batches of 16 and is lower at 32, so it is not monotone in
the batch size. Traffic is bursty (MMPP), with some 20,000 requests a run; the objective is p99 < ${LIMIT_MS} ms.

The exhaustive run has 10 replications of every configuration, ${exhaustive.toLocaleString('en-US')} simulations, with a seed that no plan has
(\`tools/plan-study/exhaustive.csv\`). By it ${feasible} configurations are feasible and ${near} lie within ${100 * NEAR} % of the limit; the cheapest feasible one costs
$${leastCost(configurations, LIMIT_MS).toFixed(2)} an hour.

| figure | found | to hold |
|---|---|---|
| plans at most 1 % dearer than the optimum | ${good} of ${plans.length} | 19 of 20 |
| most simulations of a plan | ${most} (${percent(most / exhaustive)} of the exhaustive run) | 10 % |
| confident verdicts that the exhaustive run contradicts | ${wrong} of ${confident.toLocaleString('en-US')} (${percent(wrong / confident)}) | 5 % |

A search took ${seconds[0]!.toFixed(0)} to ${seconds.at(-1)!.toFixed(0)} s (median ${seconds[seconds.length >> 1]!.toFixed(0)} s) on ${machine}. Headroom and sensitivity of the winner come on top.

${markdownTable(['seed', 'cost an hour', 'within 1 %', 'simulations', 'of the exhaustive run', 'wrong verdicts'], rows)}
`
}
