import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SIMULATION_FLAGS } from '../../runtime/jobs/simulations/simulation-flags.ts'
import { traceReaders } from '../../runtime/jobs/trace-readers.ts'
import { type Scenario, scenarioSchema, surveyTrace, TraceReading } from '../../scenarios/index.ts'
import {
  readingReplication,
  recordRun,
  runReplication,
  simulationInput,
} from '../../sim/experiment/index.ts'
import { stream } from '../../sim/kernel/index.ts'
import { TraceTally } from '../../sim/traffic/index.ts'
import { haveRates } from '../articles/fleet/rates.ts'
import {
  type Extent,
  type Figure,
  figure,
  millisecondsOf,
  outputOf,
  residentMb,
  sizeIn,
} from './figure.ts'
import { serveHours } from './fleet-day.ts'
import { encoderScenario, RATE_RPS, serve, servingScenario } from './serving.ts'

const SMALL = 1e5
const SMALL_TRACE = 1e4

/** Jobs whose resident memory is measured, each in a process of its own. */
const JOBS: Readonly<Record<string, (size: number, file: string) => Promise<void> | void>> = {
  serve: (requests) => serve(servingScenario(1, requests)),
  wide: serveWide,
  hours: serveHours,
  inspect,
  simulate,
}

/** Runs a job and prints the resident memory of this process, MB. */
export async function measureMemory([job, size, file]: readonly string[]): Promise<void> {
  await JOBS[job!]!(Number(size), file!)
  console.log(residentMb())
}

function memoryOf(job: string, size: number, file = ''): number {
  const args = [...SIMULATION_FLAGS, process.argv[1]!, '--memory-of', job, String(size), file]
  return Number(outputOf(process.execPath, ...args))
}

/** Powers of ten to which sizes grow. */
const exponentsIn = ({ full, smoke }: Extent) => (smoke ? [] : full ? [7, 8] : [7])

/** Growth of resident memory with the number of requests. */
export function* memoryFigures(extent: Extent): Generator<Figure> {
  const small = memoryOf('serve', sizeIn(extent, SMALL))
  yield figure('Resident memory, 10^5 requests', 'MB', [small])
  const wide = memoryOf('wide', sizeIn(extent, SMALL)) - small
  const name = `More than that: ${WIDE.classes} classes at ${WIDE.pools} pools`
  yield figure(name, 'MB', [wide], { atMost: 150 })
  for (const exponent of exponentsIn(extent)) {
    const growth = memoryOf('serve', 10 ** exponent) - small
    yield figure(`Growth of that to 10^${exponent}`, 'MB', [growth], { atMost: 50 })
  }
}

const WIDE = { classes: 250, pools: 10 } as const

/** Many classes at many pools, each pair of which has histograms of its own. */
function serveWide(requests: number): void {
  const rate = 10
  const scenario = scenarioSchema.parse({
    spillway: 1,
    name: 'wide',
    duration_s: requests / (rate * WIDE.classes),
    models: { encoder: { work: { law: 'linear', base_ms: 1, per_item_ms: 1 } } },
    traffic: Array.from({ length: WIDE.classes }, (_, i) => ({
      class: `class-${i}`,
      arrivals: { process: 'poisson', rate_rps: rate },
    })),
    router: { policy: 'round-robin' },
    pools: Array.from({ length: WIDE.pools }, (_, i) => ({
      name: `pool-${i}`,
      model: 'encoder',
      replicas: 2,
    })),
  })
  runReplication(simulationInput(scenario), 0)
}

/** Time and memory of a recorded day over a fleet; no figure without the recorded rates. */
export function* dayFigures(): Generator<Figure> {
  if (!haveRates()) {
    console.error('no day of a fleet: expected the recorded rates beside the repository')
    return
  }
  const hour = memoryOf('hours', 1)
  let day = 0
  const dayMs = millisecondsOf(() => {
    day = memoryOf('hours', 24)
  })
  yield figure('10^8 requests of a day over 64 replicas', 's', [dayMs / 1000], { atMost: 120 })
  yield figure('Resident memory, an hour of that', 'MB', [hour])
  yield figure('Growth of that to the day', 'MB', [day - hour], { atMost: 50 })
}

/** Growth of resident memory with the number of rows of a generated trace. */
export function* traceMemoryFigures(extent: Extent): Generator<Figure> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  const file = join(folder, 'trace.csv')
  const jobs = ['inspect', 'simulate']
  try {
    writeTrace(file, SMALL_TRACE)
    const small = jobs.map((job) => memoryOf(job, SMALL_TRACE, file))
    for (const [i, job] of jobs.entries()) {
      yield figure(`Resident memory, ${job} a trace of 10^4 rows`, 'MB', [small[i]!])
    }
    for (const exponent of exponentsIn(extent)) {
      writeTrace(file, 10 ** exponent)
      for (const [i, job] of jobs.entries()) {
        const growth = memoryOf(job, 10 ** exponent, file) - small[i]!
        yield figure(`Growth of that to 10^${exponent}: ${job}`, 'MB', [growth], { atMost: 50 })
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function inspect(rows: number, file: string): Promise<void> {
  const tally = new TraceTally()
  for await (const run of new TraceReading(arrivalsOf(traceScenario(file, rows)), '.').runs()) {
    tally.add(run)
  }
  if (!(tally.statistics().mean_rps > 0)) throw new Error('Expected a rate')
}

async function simulate(rows: number, file: string): Promise<void> {
  const scenario = traceScenario(file, rows)
  const traces = new Map([[0, await surveyTrace(arrivalsOf(scenario), '.')]])
  const readers = traceReaders(scenario, { directory: '.', traces })
  const input = simulationInput(scenario, { traces })
  const { classes } = await readingReplication(recordRun, input, 0, readers)
  const { served } = classes[0]!.counts
  if (served !== traces.get(0)!.taken) throw new Error('Expected all rows to be served')
}

function arrivalsOf(scenario: Scenario) {
  const { arrivals } = scenario.traffic[0]!
  if (arrivals.process !== 'trace') throw new Error('Expected a trace')
  return arrivals
}

function traceScenario(file: string, rows: number): Scenario {
  return encoderScenario({
    // the heat map of a result has a fixed number of bins, if the run fills it
    durationS: (1.05 * rows) / RATE_RPS,
    // with one replica the backlog, and so memory, would grow
    replicas: 2,
    arrivals: {
      process: 'trace',
      file,
      format: 'csv',
      time_unit: 'ms',
      columns: { time: 'ms', input_tokens: 'tokens' },
    },
    lengths: { distribution: 'trace' },
  })
}

const LINES_AT_ONCE = 10_000

/** Poisson arrivals with lengths from 1 to 512. */
function writeTrace(path: string, rows: number): void {
  const random = stream(1, 0, 'trace')
  const file = openSync(path, 'w')
  let at = 0
  let lines = ['ms,tokens']
  for (let i = 0; i < rows; i++) {
    at += (1000 * random.exponential()) / RATE_RPS
    lines.push(`${at.toFixed(3)},${1 + random.integer(512)}`)
    if (lines.length < LINES_AT_ONCE && i < rows - 1) continue
    writeSync(file, `${lines.join('\n')}\n`)
    lines = []
  }
  closeSync(file)
}
