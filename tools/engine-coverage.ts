import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimulationPool } from '../runtime/jobs/simulations/simulation-pool.ts'
import { configurationRow, tooShort } from '../sim/experiment/index.ts'
import { clopperPearson, geometricMean, type Interval, PERCENTILES } from '../sim/stats/index.ts'
import {
  dynamicBatching,
  mm1MeanSojourn,
  mm1SojournQuantile,
  mmppM1,
  mmppM1SojournQuantiles,
} from '../sim/theory/index.ts'

/** How often intervals of the whole simulator hold the true value. */

const REPLICATIONS = 10
/** Levels of a row of figures, by their index in a run. */
const LEVELS = [
  ['p95', 2],
  ['p99', 3],
] as const

interface Truth {
  readonly mean: number
  readonly p95: number
  readonly p99: number
}

interface CoveredModel {
  readonly name: string
  /** requests/s */
  readonly rps: number
  readonly requests: number
  readonly arrivals: string
  readonly work: string
  readonly batching: string
  /** null: the percentiles come from a long simulation */
  readonly truth: Truth | { readonly mean: number; readonly p95: null }
}

const MM1 = { arrivalRate: 0.8, serviceRate: 1 }
const BATCHES = { arrivalRate: (0.7 * 8) / 13, maxBatch: 8, serviceTime: (k: number) => 5 + k }
const BURSTS = {
  arrivalRates: [1.6, 0.4],
  generator: [
    [-1 / 20, 1 / 20],
    [1 / 60, -1 / 60],
  ],
  serviceRate: 1,
}

const burstQuantile = mmppM1SojournQuantiles(BURSTS)

const BURSTY = {
  name: 'MMPP/M/1, load 0.7, rates 1.6 and 0.4',
  rps: 700,
  batching: 'policy: none',
  work: 'law: exponential, mean_ms: 1',
  arrivals: 'process: mmpp, states: [{ factor: 1.6, mean_s: 0.02 }, { factor: 0.4, mean_s: 0.06 }]',
  truth: {
    mean: mmppM1(BURSTS).meanSojourn,
    p95: burstQuantile(0.95),
    p99: burstQuantile(0.99),
  },
}

export const MODELS: readonly CoveredModel[] = [
  {
    name: 'M/M/1, load 0.8',
    rps: 800,
    requests: 40_000,
    arrivals: 'process: poisson',
    batching: 'policy: none',
    work: 'law: exponential, mean_ms: 1',
    truth: {
      mean: mm1MeanSojourn(MM1),
      p95: mm1SojournQuantile(MM1, 0.95),
      p99: mm1SojournQuantile(MM1, 0.99),
    },
  },
  {
    name: 'batches up to 8, load 0.7',
    rps: 1000 * BATCHES.arrivalRate,
    requests: 20_000,
    arrivals: 'process: poisson',
    work: 'law: linear, base_ms: 5, per_item_ms: 1',
    batching: 'policy: dynamic, max_batch: 8',
    truth: { mean: dynamicBatching(BATCHES).meanSojourn, p95: null },
  },
  { ...BURSTY, requests: 160_000 },
  // too short for p99, which results state
  { ...BURSTY, requests: 40_000 },
]

const WARMUP_S = 2

function scenarioText({ rps, requests, arrivals, work, batching }: CoveredModel): string {
  return `spillway: 1
name: coverage
duration_s: ${WARMUP_S + requests / rps}
warmup_s: ${WARMUP_S}
models: { m: { work: { ${work} } } }
traffic: [{ class: web, arrivals: { ${arrivals}, rate_rps: ${rps} } }]
pools: [{ name: central, model: m, speed: ideal, batching: { ${batching} } }]
`
}

export interface EngineCoverage extends Interval {
  readonly name: string
  readonly replications: number
  readonly requests: number
  /** share of the trials whose result states that runs are too short for this percentile */
  readonly warned: number
}

/** The share of trials, each of 10 replications, whose 95 % interval holds the true value. */
export async function engineCoverage(
  models: readonly CoveredModel[],
  trials: number,
  onModel: (name: string) => void,
): Promise<EngineCoverage[]> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-coverage-'))
  try {
    const rows: EngineCoverage[] = []
    for (const model of models) {
      onModel(model.name)
      const path = join(folder, 'coverage.yaml')
      writeFileSync(path, scenarioText(model))
      rows.push(...(await coverageOf(model, path, trials)))
    }
    return rows
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Trials that one process simulates at once: a message for each would take longer. */
const CHUNK = 20

async function coverageOf(model: CoveredModel, path: string, trials: number) {
  const pool = new SimulationPool({ base: { path, set: [] } })
  try {
    const truth =
      model.truth.p95 === null
        ? { ...(await longRun(pool, model)), mean: model.truth.mean }
        : model.truth
    const covered = { mean: 0, p95: 0, p99: 0 }
    const warned = { mean: 0, p95: 0, p99: 0 }
    const chunk = async (first: number) => {
      const last = Math.min(trials, first + CHUNK)
      const part = { set: [], from: first * REPLICATIONS, to: last * REPLICATIONS }
      const { runs, ...system } = await pool.simulate(part)
      for (let at = 0; at < runs.length; at += REPLICATIONS) {
        const trial = runs.slice(at, at + REPLICATIONS)
        const row = configurationRow(system, trial)
        const { mean, percentiles } = row.classes[0]!.latency
        if (holds(mean, truth.mean)) covered.mean++
        for (const [level] of LEVELS) if (holds(percentiles[level], truth[level])) covered[level]++
        const short = tooShort(trial.map(({ classes }) => classes[0]!.latency))
        for (const [level, i] of LEVELS) if (short?.p === PERCENTILES[i]) warned[level]++
      }
    }
    const chunks = Array.from({ length: Math.ceil(trials / CHUNK) }, (_, i) => chunk(i * CHUNK))
    await Promise.all(chunks)
    return (['mean', 'p95', 'p99'] as const).map((figure) => ({
      ...clopperPearson(covered[figure], trials),
      name: `${figure}, ${model.name}`,
      replications: REPLICATIONS,
      requests: model.requests,
      warned: warned[figure] / trials,
    }))
  } finally {
    pool.close()
  }
}

const holds = ({ low, high }: { low: number | null; high: number | null }, truth: number) =>
  low !== null && high !== null && low <= truth && truth <= high

/** Of the long simulation, whose percentiles are taken as true. */
const LONG_RUNS = 60
const TIMES_AS_LONG = 50

/** p95 and p99 of another seed and runs 50 times as long; 300 times the requests of a trial. */
async function longRun(pool: SimulationPool, { rps, requests }: CoveredModel) {
  const set = ['seed=2', `duration_s=${WARMUP_S + (TIMES_AS_LONG * requests) / rps}`]
  const asked = Array.from({ length: LONG_RUNS }, (_, i) =>
    pool.simulate({ set, from: i, to: i + 1 }),
  )
  const runs = (await Promise.all(asked)).flatMap((part) => part.runs)
  const [p95, p99] = LEVELS.map(
    ([, i]) => geometricMean(runs.map(({ classes }) => classes[0]!.latency.percentiles[i]!)).value,
  )
  return { p95: p95!, p99: p99! }
}
