import { tenths } from '../claims/figures/parts.ts'
import type { UncertainPlansFigures } from '../claims/figures/uncertain-plans.ts'
import { markdownTable } from '../markdown-table.ts'
import type { ChosenConfiguration, StudiedPlan } from './study.ts'
import { RUNS } from './truths.ts'

/** The page of the study. */
export function studyPage(plans: readonly StudiedPlan[], figures: UncertainPlansFigures): string {
  const { configurations, truths, held, cheaper, ignoring, extraCost, simulations } = figures
  const rows = plans.map((plan) => [
    String(plan.seed),
    `${plan.limitMs} ms`,
    ...cellsOf(plan.chosen),
    tenths(plan.cheaper),
    ...cellsOf(plan.ignoring),
    `${plan.simulations} + ${plan.drawn}`,
  ])
  const heads = [
    ...['seed', 'limit of p95', 'chosen', 'cost an hour', 'holds in', 'by the plan'],
    ...['best cheaper one', 'ignoring uncertainty', 'cost an hour', 'holds in', 'by the plan'],
    'simulations',
  ]
  return `# Plans of inputs that are not known

\`npm run study:uncertain-plans\` writes this page.

Servers of two kinds have to hold p95 in a surge. The speed of each kind is known to 10 %, and the factor of the surge to 20 % (\`tools/uncertain-plans/space.yaml\`). A plan chooses among
${configurations} configurations: two kinds with 1 to 6 replicas and batches of at most 4 or 8, at $0.55 and $1.30 an hour a replica. Each of ${figures.plans} plans has its own seed and its own limit of p95. It gets the
scenario alone, and chooses the cheapest configuration that holds with a probability of 95 % over what is not known.

What is true is drawn ${truths} times from what the scenario states. Each configuration is simulated at each truth, in ${RUNS} runs with seeds that no plan and no other truth has. It holds in a truth where the mean of
its p95 over these runs is within the limit (the geometric mean, as in a plan).

| figure | by the study | to hold |
|---|---|---|
| plans whose chosen configuration holds in 93 % of the truths or more | ${held.plans} of ${figures.plans} | all |
| least share of truths in which a chosen configuration holds | ${tenths(held.least)} | 93 % |
| plans with a cheaper configuration that holds in 95 % of the truths or more | ${cheaper.plans} of ${figures.plans} | none |
| the same in 93 % or more | ${cheaper.plansAt93} of ${figures.plans} | – |
| plans whose winner at the stated inputs holds in 93 % of the truths or more | ${ignoring.plans} of ${figures.plans} | – |
| median share of truths in which that one holds, and least | ${tenths(ignoring.median)}, ${tenths(ignoring.least)} | – |
| cost of the chosen one above it, median and most | ${tenths(extraCost.median)}, ${tenths(extraCost.most)} | – |
| simulations of a search at the stated inputs, and of its draws, medians | ${simulations.stated}, ${simulations.drawn} | – |

The column *by the plan* has the probability that the plan finds, before texts cut it at 97 %. The share of ${truths} truths has a standard error of ${tenths(Math.sqrt((0.95 * 0.05) / truths))} at 95 %. A configuration that holds in 93 to 95 % of the truths is no fault of a plan that
leaves it, so both counts of cheaper ones are shown.

${markdownTable(heads, rows, 'rrlrrrrlrrrr')}
`
}

function cellsOf(chosen: ChosenConfiguration | null): string[] {
  if (chosen === null) return ['none', '–', '–', '–']
  const { set, usdPerHour, holds, stated } = chosen
  return [nameOf(set), `$${usdPerHour.toFixed(2)}`, tenths(holds), tenths(stated)]
}

/** "4 economy, batches of 8" */
function nameOf(set: readonly string[]): string {
  const [, kind] = /model: (\w+)/.exec(set.join()) ?? []
  const valueAt = (path: string) =>
    set.find((text) => text.startsWith(`${path}=`))?.slice(path.length + 1)
  const batch = valueAt('pools.server.batching.max_batch')
  const replicas = `${valueAt('pools.server.replicas')} ${kind}`
  return batch === undefined ? replicas : `${replicas}, batches of ${batch}`
}
