import {
  judge,
  simulateCase,
  type Theory,
  type TheoryCase,
  type TheoryRow,
  theoryCases,
} from '../sim/experiment/index.ts'
import { stream } from '../sim/kernel/index.ts'
import {
  geometricMean,
  type Interval,
  percentileLabel,
  positiveMean,
  tInterval,
} from '../sim/stats/index.ts'
import {
  autoregressiveMean,
  blockRatioCoverage,
  type CoverageModel,
  type DriftingBlocks,
  intervalCoverage,
  lognormalFigures,
  mm1Sojourn,
} from '../sim/theory/index.ts'
import { figuresOfValidation } from './claims/figures/validation.ts'
import { beginStudy } from './claims/record.ts'
import { STUDIES } from './claims/studies.ts'
import { type EngineCoverage, engineCoverage, MODELS } from './engine-coverage.ts'
import { markdownTable } from './markdown-table.ts'
import { keepStudy, runStudy } from './study.ts'

/** Compares simulation and queueing theory: `npm run validate -- --help`. */

const REPLICATIONS = 20
const { page: PAGE } = STUDIES.validation

/** How much is compared. */
interface Extent {
  readonly cases: readonly TheoryCase[]
  readonly models: typeof MODELS
  /** in which each interval is tried */
  readonly trials: number
}

interface Validation {
  readonly rows: readonly TheoryRow[]
  readonly coverage: readonly CoverageRow[]
  readonly trials: number
}

/** Accepted coverage of a nominal 95 % interval. */
const LEAST = 0.93
const MOST = 0.97

/** An interval over as many replications as a user has, on a model with a known true value. */
interface CoverageCase {
  readonly model: CoverageModel
  readonly interval: (estimates: readonly number[]) => Interval
  readonly replications: number
}

/** How often the 95 % interval over replications contained the true value. */
interface CoverageRow {
  readonly name: string
  readonly replications: number
  readonly covered: number
  /** 95 % interval of the share itself (Clopper and Pearson) */
  readonly low: number
  readonly high: number
  /** share of the trials that were warned of: such an interval is not promised */
  readonly warned?: number
  readonly problem: string | null
}

const QUEUE = { arrivalRate: 0.5, serviceRate: 1 }
/** Results have the mean of times, and the geometric mean of percentiles. */
const COVERAGE_CASES: readonly CoverageCase[] = [
  {
    model: autoregressiveMean({ correlation: 0.9, length: 30, truth: 3 }),
    interval: tInterval,
    replications: 10,
  },
  { model: mm1Sojourn(QUEUE, 2000, 'mean'), interval: positiveMean, replications: 10 },
  { model: mm1Sojourn(QUEUE, 2000, { quantile: 0.5 }), interval: geometricMean, replications: 10 },
  { model: mm1Sojourn(QUEUE, 5000, { quantile: 0.95 }), interval: geometricMean, replications: 10 },
  {
    model: lognormalFigures({ sigma: 1, median: 5 }),
    interval: geometricMean,
    replications: 3,
  },
]

/** The coverage of intervals over replications on a model with a known true value. */
function coverageOf({ model, interval, replications }: CoverageCase, trials: number): CoverageRow {
  const random = stream(1, 0, `coverage:${model.name}`)
  const share = intervalCoverage(model, {
    trials,
    replications,
    interval,
    random: () => random.uniform(),
  })
  return coverageRow(model.name, replications, share)
}

function coverageRow(
  name: string,
  replications: number,
  { value, low, high }: Interval,
): CoverageRow {
  const honest = value >= LEAST && value <= MOST
  const problem = honest ? null : `${name}: covered ${value} of the time, 0.93 to 0.97 passes`
  return { name, replications, covered: value, low: low ?? 0, high: high ?? 1, problem }
}

/** A what-if: skewed latencies on a machine that drifts by 15 % from block to block. */
const DRIFTING: Omit<DriftingBlocks, 'blocks'> = {
  requests: 40,
  ratio: 0.7,
  skew: 0.8,
  drift: 0.15,
  correlation: 0.7,
  sliceNoise: 0.05,
}
const BLOCKS = [8, 14, 20]
const RATIO_LEVELS = [0.5, 0.95]

/** The coverage of intervals of a ratio over so many blocks. */
function ratioCoverage(blocks: number, trials: number): CoverageRow[] {
  const random = stream(1, 0, `coverage:${blocks} blocks`)
  const options = { trials, random, truth: DRIFTING.ratio }
  const shares = blockRatioCoverage({ ...DRIFTING, blocks }, RATIO_LEVELS, options)
  return shares.map((share, i) =>
    coverageRow(`ratio of ${percentileLabel(RATIO_LEVELS[i]!)}, drifting blocks`, blocks, share),
  )
}

/** Where results of so many trials state that runs are too short, no coverage is promised. */
const WARNED = 0.5

function engineRow(row: EngineCoverage): CoverageRow {
  const judged = coverageRow(engineName(row), row.replications, row)
  return row.warned < WARNED ? judged : { ...judged, warned: row.warned, problem: null }
}

const engineName = ({ name, requests }: EngineCoverage) =>
  `${name}, ${requests.toLocaleString('en-US')} requests a run`

/** A half-width of one per cent supports four significant digits. */
const number = (value: number) => Number(value.toPrecision(5)).toString()
const percent = (share: number) => `${(100 * share).toFixed(1)} %`
const rangeText = ({ low, high }: CoverageRow) => `${percent(low)} to ${percent(high)}`

const theoryText = (theory: Theory) =>
  typeof theory === 'number' ? number(theory) : `${number(theory.above)} to ${number(theory.below)}`

const simulatedText = ({ estimate, halfWidth }: TheoryRow) =>
  halfWidth <= 1e-9 * estimate
    ? `${number(estimate)} exactly`
    : `${number(estimate)} ± ${Number(halfWidth.toPrecision(2))}`

const verdictText = ({ problem, warned }: Pick<CoverageRow, 'problem' | 'warned'>) =>
  warned === undefined ? (problem === null ? 'agrees' : 'DISAGREES') : `warned, ${percent(warned)}`

/** One line of the table on a terminal. */
function rowLine(row: TheoryRow): string {
  return [
    row.model.padEnd(41),
    row.figure.padEnd(19),
    simulatedText(row).padEnd(20),
    theoryText(row.theory).padEnd(18),
    `z ${row.z.toFixed(1)}`.padEnd(8),
    verdictText(row),
  ].join(' ')
}

function coverageLine(row: CoverageRow): string {
  const covered = `covered ${percent(row.covered)} (${rangeText(row)})`
  return `95 % intervals, ${row.name}: ${covered} ${verdictText(row)}`
}

/** The page of the docs. It contains nothing that depends on the machine or the date. */
function validationPage({ rows, coverage, trials }: Validation): string {
  const table = markdownTable(
    ['model', 'figure', 'simulated', 'theory', 'z', 'verdict'],
    rows.map((row) => [
      ...[row.model, row.figure, simulatedText(row), theoryText(row.theory)],
      ...[row.z.toFixed(1), verdictText(row)],
    ]),
    'llllll',
  )
  const coverageTable = markdownTable(
    ['figure', 'replications', 'trials', 'covered', '95 % interval of that', 'verdict: 93 to 97 %'],
    coverage.map((row) => [
      ...[
        row.name,
        String(row.replications),
        trials.toLocaleString('en-US'),
        percent(row.covered),
        rangeText(row),
      ],
      verdictText(row),
    ]),
    'llllll',
  )
  return `# Simulation against theory

\`npm run validate -- --write\` generates this page. It does not depend on the machine: seeds are fixed.

Each model is a scenario of declared work. It runs in the control plane and the simulated world of
every other scenario, in ${REPLICATIONS} independent replications, each with a warm-up that is not
counted. Times are ms, rates requests/ms; a mean
service takes 1 ms unless stated otherwise. The half-width is that of the 95 % t interval over
replications, z the distance from theory in standard errors.

A figure agrees only if |z| ≤ 4 **and** its half-width is at most 2 % of theory, so that none passes
by being vague. Where theory has bounds only, the figure must be inside them by 4 standard errors.
The timetables (D/D) are computed by hand and must be met exactly. The tests also compare each line
with values that are 5 % wrong, and must reject all of them.

${table}

Intervals use replications, never the requests of one run, because those are not independent. In
M/M/1 at load 0.8, a 95 % interval for p99 from the order statistics of one run of 100,000 requests
covers the true value 18 % of the time. Intervals over replications have their nominal coverage,
where runs are long enough. Where they are not, the result has a warning: "warned" is the share of trials with one. Rows with requests a run are of
the whole simulator, as a sweep makes them.
Those of times and percentiles are taken on the log scale, so they never reach below zero. A what-if has blocks of
slices on a machine that drifts in place of replications:

${coverageTable}

\`sim/theory\` names the source of each formula.
`
}

const problemsIn = (rows: readonly { readonly problem: string | null }[]) =>
  rows.flatMap(({ problem }) => problem ?? [])

async function validated({ cases, models, trials }: Extent): Promise<Validation> {
  const rows: TheoryRow[] = []
  for (const theoryCase of cases) {
    const values = simulateCase(theoryCase, REPLICATIONS)
    theoryCase.figures.forEach((figure, i) => {
      const row = judge(theoryCase.model, figure, values[i]!)
      rows.push(row)
      console.log(rowLine(row))
    })
  }
  const onModel = (model: string) => console.error(`intervals of ${model} …`)
  const engine = await engineCoverage(models, trials, onModel)
  const coverage = [
    ...COVERAGE_CASES.map((coverageCase) => coverageOf(coverageCase, trials)),
    ...engine.map(engineRow),
    ...BLOCKS.flatMap((blocks) => ratioCoverage(blocks, trials)),
  ]
  return { rows, coverage, trials }
}

/** Compares everything. The exit code is 1 if anything disagrees. */
async function validate(write = false): Promise<void> {
  const begun = beginStudy('validation')
  const validation = await validated({ cases: theoryCases(), models: MODELS, trials: 2000 })
  for (const row of validation.coverage) console.log(coverageLine(row))
  const all = [...validation.rows, ...validation.coverage]
  const problems = problemsIn(all)
  console.log(
    problems.length === 0
      ? `All ${all.length} agree`
      : `${problems.length} disagree:\n${problems.join('\n')}`,
  )
  if (write) {
    const { rows, coverage, trials } = validation
    const figures = figuresOfValidation(rows, coverage, { trials, least: LEAST, most: MOST })
    await keepStudy(begun, { figures, page: validationPage(validation) })
    console.log(`Wrote ${PAGE}`)
  }
  process.exitCode = problems.length === 0 ? 0 : 1
}

await runStudy<{ readonly write?: true }>({
  script: 'validate',
  description:
    'Compares simulation and queueing theory, and prints the table. Exits with 1 if they disagree.',
  examples: [
    ['', 'compares for ten minutes'],
    ['-- --write', 'keeps the table in docs/background/validation.md, too'],
  ],
  define: (command) => command.option('--write', `write ${PAGE}`),
  // timetables alone are judged: a few trials show no coverage
  smoke: async () => {
    const cases = theoryCases().filter(({ exact }) => exact)
    const validation = await validated({ cases, models: MODELS.slice(0, 1), trials: 2 })
    validationPage(validation)
    const problems = problemsIn(validation.rows)
    if (problems.length > 0) throw new Error(problems.join('\n'))
    const { rows, coverage } = validation
    return `${rows.length} figures of timetables agree, and ${coverage.length} kinds of intervals were tried`
  },
  run: ({ write }) => validate(write),
})
