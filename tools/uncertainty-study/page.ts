import { fixed } from '../../reports/format.ts'
import { tenths } from '../claims/figures/parts.ts'
import { coverageSummary, type UncertaintyFigures } from '../claims/figures/uncertainty.ts'
import { markdownTable } from '../markdown-table.ts'
import { NAMES } from './machines.ts'
import { FIGURES } from './planner.ts'

type Row = UncertaintyFigures['rows'][number]
type Coverage = Row['wider']['p50']

/** The page of the study. */
export function studyPage(figures: UncertaintyFigures): string {
  const { rows, truths } = figures
  const of = coverageSummary(figures)
  return `# How often intervals hold what is true

\`npm run study:uncertainty\` writes this page.

Planners with [uncertain inputs](../guides/uncertainty.md) get a scenario, and where a machine was calibrated a profile of four occasions. Each of ${of.planners} planners of a machine has its own rate, its own limit of p95, and its own occasions. Then
the machine is another one: its speed and its idle cost are those of another day, and rate and price are drawn from what the planner states of them. On ${truths} such days, the table shows how often the planner's intervals hold
p50, p95, p99 and the cost of a million requests. What is true is known from queueing theory (M/M/1, M/D/1), or from Lindley's recursion where speeds drift or idle executors cost time; neither shares code with the simulator.

| figure | by the study | to hold |
|---|---|---|
| figures that the wider interval covers in 93 to 97 %; of the headroom, not surely outside | ${of.nominal} of ${of.figures} | all |
| least and most coverage by the wider interval | ${tenths(of.wider.least)}, ${tenths(of.wider.most)} | 93 to 97 % |
| least and most coverage by the interval of draws | ${tenths(of.draws.least)}, ${tenths(of.draws.most)} | – |
| of ${of.controls} controls that leave out a source, coverage of the least covered figure, at most | ${tenths(of.without)} | below 90 % |
| least share of days on which the headroom that \`--headroom\` answers passes | ${of.promised === null ? '–' : tenths(of.promised)} | 95 % |

${tableOf(rows)}

Shares are of planners and days, with the 95 % interval over planners: Student's of what the intervals of each planner hold, and that of a binomial share for the headroom, for which a planner is tried on one day.

The true **headroom** is the multiple of the traffic at which p95 of that day is at the limit. Traffic passes where the interval of p95 is below the limit, and surely fails where it is above; so the true headroom is between both where
the interval at that traffic holds the limit. That is what the column *headroom* counts. The headroom that \`--headroom\` answers is the lower end: it should pass on 97.5 % of the days (*answer passes*, of a few planners, as each takes a search).

Of the **machines**, *stationary* ones are as fast all day, and differ between days by the deviation of the logarithm that their name has. The *drifting* one differs by 8.6 % between days, and by 4.2 % within some seconds. The one with an
idle cost adds 6 ms, ± 30 % as a standard deviation, to the 10 ms of each batch before which its executor was idle. Times of *declared* machines are exponential, those of calibrated ones are constant.
`
}

export function tableOf(rows: readonly Row[]): string {
  const heads = ['machine', 'left out', 'planners', 'interval', ...FIGURES]
  const cells = rows.flatMap((row) => [
    [...headOf(row), 'wider', ...sharesOf(row.wider), promisedOf(row), fixed(row.meanDraws, 0)],
    [...headOf(row), 'of draws', ...sharesOf(row.draws), '', ''],
  ])
  return markdownTable(
    [...heads, 'answer passes', 'draws'],
    cells,
    `llrl${'r'.repeat(FIGURES.length + 2)}`,
  )
}

const headOf = ({ machine, leftOut, planners }: Row) => [
  machine,
  leftOut === null ? 'nothing' : (NAMES[leftOut] ?? leftOut),
  String(planners),
]

const sharesOf = (each: Row['wider']) => FIGURES.map((name) => shareText(each[name]))
const promisedOf = ({ promised }: Row) => (promised === null ? '–' : shareText(promised))

/** "94.6 [94.1, 95.2] %" */
function shareText({ value, low, high }: Coverage): string {
  const [share, from, to] = [value, low, high].map((part) => fixed(100 * part, 1))
  return `${share} [${from}, ${to}] %`
}
