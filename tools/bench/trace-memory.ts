import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { traceReaders } from '../../runtime/jobs/trace-readers.ts'
import { type Scenario, scenarioSchema, surveyTrace, TraceReading } from '../../scenarios/index.ts'
import { runReadingReplication, simulationInput } from '../../sim/experiment/index.ts'
import { stream } from '../../sim/kernel/index.ts'
import { TraceTally } from '../../sim/traffic/index.ts'
import { residentMb } from './memory.ts'
import type { Figure } from './report.ts'
import { figure } from './rounds.ts'

const SMALL = 1e4
const RATE_RPS = 400

/** Growth of resident memory with the number of rows of a generated trace. */
export function* traceMemoryFigures(full: boolean): Generator<Figure> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  const file = join(folder, 'trace.csv')
  try {
    writeTrace(file, SMALL)
    const small = JOBS.map((job) => memoryOf(job, file, SMALL))
    for (const [i, job] of JOBS.entries()) {
      yield figure(`Resident memory, ${job} a trace of 10^4 rows`, 'MB', [small[i]!])
    }
    for (const exponent of full ? [7, 8] : [7]) {
      writeTrace(file, 10 ** exponent)
      for (const [i, job] of JOBS.entries()) {
        const growth = memoryOf(job, file, 10 ** exponent) - small[i]!
        yield figure(`Growth of that to 10^${exponent}: ${job}`, 'MB', [growth], { atMost: 50 })
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const JOBS = ['inspect', 'simulate'] as const

/** In a separate process: inspects or simulates a trace and prints its resident memory, MB. */
export async function measureTraceMemory(job: string, file: string, rows: number): Promise<void> {
  const scenario = traceScenario(file, rows)
  const { arrivals } = scenario.traffic[0]!
  if (arrivals.process !== 'trace') throw new Error('Expected a trace')
  if (job === 'inspect') {
    const tally = new TraceTally()
    for await (const run of new TraceReading(arrivals, '.').runs()) tally.add(run)
    if (!(tally.statistics().mean_rps > 0)) throw new Error('Expected a rate')
  } else {
    const traces = new Map([[0, await surveyTrace(arrivals, '.')]])
    const input = simulationInput(scenario, { traces })
    const readers = traceReaders(scenario, { directory: '.', traces })
    const { classes } = await runReadingReplication(input, 0, readers.read)
    const { counts } = classes[0]!
    if (counts.served !== traces.get(0)!.taken) throw new Error('Expected all rows to be served')
  }
  console.log(residentMb())
}

function traceScenario(file: string, rows: number): Scenario {
  return scenarioSchema.parse({
    spillway: 1,
    name: 'bench',
    // the heat map of a result has a fixed number of bins, if the run fills it
    duration_s: (1.05 * rows) / RATE_RPS,
    models: {
      encoder: { work: { law: 'linear', base_ms: 2, per_item_ms: 0.5, per_token_ms: 0.005 } },
    },
    traffic: [
      {
        class: 'chat',
        arrivals: {
          process: 'trace',
          file,
          format: 'csv',
          time_unit: 'ms',
          columns: { time: 'ms', input_tokens: 'tokens' },
        },
        input_tokens: { distribution: 'trace' },
      },
    ],
    pools: [
      {
        name: 'pool',
        model: 'encoder',
        speed: 'ideal',
        // with one replica the backlog, and so memory, would grow
        replicas: 2,
        batching: { policy: 'dynamic', max_batch: 8, max_delay_ms: 2 },
      },
    ],
  })
}

function memoryOf(job: string, file: string, rows: number): number {
  const args = [process.argv[1]!, '--trace-memory-of', job, file, String(rows)]
  const child = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (child.status !== 0) throw new Error(`Expected the child to succeed: ${child.stderr}`)
  return Number(child.stdout)
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
