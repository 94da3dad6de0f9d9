import { type FitSides, type TraceFitDocument, trafficYaml } from '../../reports/index.ts'
import { Failure, parseScenario, readTrace, type TraceArrivals } from '../../scenarios/index.ts'
import type { Verdict } from '../../sim/documents/index.ts'
import {
  CORRELATION_TOLERANCE,
  FIT_TOLERANCE,
  type FitRow,
  fitInput,
  fitScenario,
  LEAST_REPLICATIONS,
  replicationFigures,
  sampleFigures,
  statisticsRows,
  tailRows,
  WIDEST_FACTOR,
  worst,
} from '../../sim/experiment/index.ts'
import { type FittedClass, fitTraffic, type TraceSample } from '../../sim/traffic/index.ts'
import { expectTrace } from '../parquet/expect-decodable.ts'
import { pause, throwIfAborted } from '../process/interruption.ts'
import { type DocumentOptions, LIBRARY_CALL, REPLICATIONS } from './options.ts'
import { runReplications } from './replications.ts'

/** How a fit is judged. */
export const FIT_LIMITS = {
  CORRELATION_TOLERANCE,
  FIT_TOLERANCE,
  LEAST_REPLICATIONS,
  WIDEST_FACTOR,
}

export interface FitTraceOptions extends DocumentOptions {
  /** at which tails are compared, below 1; default 0.7 */
  readonly load?: number
  /** of the fit, to hold the trace against; default 99 */
  readonly replications?: number
  readonly seed?: number
  /** of the traffic section; default `fitted` */
  readonly class?: string
  /** names the trace in the document; default its path */
  readonly file?: string
}

type Fitting = FitTraceOptions &
  Required<Omit<FitTraceOptions, keyof DocumentOptions>> & {
    readonly command: string
  }

/** The shortest windows that a fit looks at. */
const LEAST_SPAN_S = 0.1
/** Time and memory of a fit grow with how long its trace is: 23 days need some 400 MB. */
const MOST_SPAN_S = 2e6

/** Rows of a trace from its first on. */
async function readSample(trace: TraceArrivals, options: Fitting): Promise<TraceSample> {
  const { file, onProgress, signal } = options
  await expectTrace(trace, '.', signal)
  const rows = await readTrace(trace, '.', (read) => {
    onProgress?.(`reading ${file}`, read.bytes, read.totalBytes)
    throwIfAborted(signal)
  })
  const first = rows.times[0]!
  if (rows.times.at(-1) === first) {
    throw new Failure(`${file}: expected rows at different times, got one instant`)
  }
  const spanS = (rows.times.at(-1)! - first) / 1000
  if (spanS < LEAST_SPAN_S || spanS > MOST_SPAN_S) {
    const [limit, remedy] =
      spanS < LEAST_SPAN_S
        ? [`at least ${LEAST_SPAN_S} s`, 'check the unit of the times, --time-unit']
        : [`at most ${MOST_SPAN_S} s`, 'fit a part of the trace']
    throw new Failure(`${file}: expected rows over ${limit}, got ${spanS} s; ${remedy}`)
  }
  return { ...rows, times: rows.times.map((time) => time - first) }
}

export interface TraceFit {
  readonly document: TraceFitDocument & {
    readonly document: string
    readonly format: number
    readonly verdict: Verdict
  }
  readonly sides: FitSides
}

/** Fits synthetic traffic to a trace. Its path starts at the working directory. */
export async function fitTrace(
  trace: TraceArrivals,
  options: FitTraceOptions = {},
): Promise<TraceFit> {
  const { load = 0.7, replications = REPLICATIONS.test, seed = 1 } = options
  const { class: name = 'fitted', file = trace.file, command = LIBRARY_CALL, ...rest } = options
  if (load >= 1) throw new Failure(`expected a load of less than 1, got ${load}`)
  const fitting = { ...rest, load, replications, seed, class: name, file, command }
  return fitOf(await readSample(trace, fitting), fitting)
}

async function fitOf(sample: TraceSample, options: Fitting): Promise<TraceFit> {
  const { file, replications, signal, onProgress, load, command } = options
  const trace = sampleFigures(sample)
  const fitted = fitTraffic(options.class, sample)
  const scenario = fitScenario(fitted.traffic, trace, options)
  const figures = []
  for (let i = 0; i < replications; i++) {
    onProgress?.('drawing requests', i, replications)
    await pause(signal)
    const own = replicationFigures(scenario, fitted, i)
    if (own !== null) figures.push(own)
  }
  const running = {
    signal,
    onProgress: (i: number, of: number) => onProgress?.('simulating', i, of),
  }
  const runs = await runReplications(fitInput(scenario, null), replications, running)
  const recorded = fitScenario(recordedClass(sample), trace, options)
  const [own] = await runReplications(fitInput(recorded, sample), 1, running)
  const statistics = statisticsRows(trace, figures, fitted.windows_s)
  const tails = tailRows(own!, runs)
  checkSection(fitted.traffic)
  const document = {
    document: 'spillway-trace-fit',
    format: 1,
    file,
    rows: trace.rows,
    duration_s: trace.duration_s,
    replications,
    load,
    windows_s: fitted.windows_s,
    scales_s: fitted.factors.map(({ scaleMs }) => scaleMs / 1000),
    traffic: fitted.traffic,
    statistics,
    tails,
    ...judged([...statistics, ...tails]),
    command,
  }
  const typical = [...figures].sort((a, b) => a.rows - b.rows)[figures.length >> 1] ?? null
  return { document, sides: { recorded: trace, fitted: typical } }
}

/** The rows themselves as a class. */
function recordedClass({ lengths }: TraceSample): object {
  return {
    class: 'recorded',
    arrivals: { process: 'trace', file: 'recorded', format: 'azure-llm' },
    ...(lengths !== null && { input_tokens: { distribution: 'trace' } }),
  }
}

const HEAD = `spillway: 1
name: fit
duration_s: 1e7
`
const ONE_SHOT = `models: { server: { work: { law: linear, base_ms: 1, per_token_ms: 1 } } }
pools: [{ name: server, model: server }]
`
const GENERATING = `models: { server: { work: { law: generation, base_ms: 1 } } }
pools: [{ name: server, model: server, generation: { policy: continuous } }]
`

/** Throws where a scenario would refuse the section: that is an error of this program. */
function checkSection(traffic: FittedClass): void {
  const rest = traffic.output_tokens === undefined ? ONE_SHOT : GENERATING
  parseScenario(HEAD + rest + trafficYaml(traffic), { file: 'the fitted section' })
}

function judged(rows: readonly FitRow[]): Pick<TraceFit['document'], 'verdict' | 'why'> {
  const verdicts = rows.flatMap(({ verdict }) => (verdict === null ? [] : [verdict]))
  const verdict = worst(verdicts)
  const named = (wanted: string) =>
    rows.filter((row) => row.verdict === wanted).map(({ name }) => name)
  const [fails, vague] = [named('FAIL'), named('UNDECIDED')]
  const parts = [
    ...(fails.length > 0 ? [`the fit fails in ${fails.join('; ')}`] : []),
    ...(vague.length > 0 ? [`undecided: ${vague.join('; ')}`] : []),
  ]
  return { verdict, why: parts.join('; ') || `all ${verdicts.length} figures agree` }
}
