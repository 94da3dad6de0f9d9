import { type ClassFit, type FitSides, trafficYaml } from '../../reports/index.ts'
import { parseScenario } from '../../scenarios/index.ts'
import { worst } from '../../sim/documents/index.ts'
import {
  type FitRow,
  fitInput,
  fitScenario,
  replicationFigures,
  sampleFigures,
  statisticsRows,
  tailRows,
} from '../../sim/experiment/index.ts'
import {
  type ClassPlace,
  type FittedClass,
  fitTraffic,
  placedTraffic,
  type TraceSample,
} from '../../sim/traffic/index.ts'
import { pause } from '../process/interruption.ts'
import type { JobOptions } from './options.ts'
import { runReplications } from './simulations/replications.ts'

/** The rows of one class of a trace, from its first on. */
export interface ClassRows {
  readonly name: string
  /** the values of the class column; null without one */
  readonly values: readonly string[] | null
  readonly sample: TraceSample
  readonly place: ClassPlace
}

export interface ClassFitOptions extends JobOptions {
  readonly load: number
  readonly replications: number
  readonly seed: number
}

/** Fits a class to its rows, and compares both. */
export async function fitClass(
  { name, values, sample, place }: ClassRows,
  options: ClassFitOptions,
): Promise<{
  readonly fit: ClassFit & { readonly traffic: FittedClass }
  readonly sides: FitSides
}> {
  const { replications, signal, onProgress } = options
  const trace = sampleFigures(sample)
  const fitted = fitTraffic(name, sample)
  const scenario = fitScenario(fitted.traffic, trace, options)
  const figures = []
  for (let i = 0; i < replications; i++) {
    onProgress?.(`drawing requests of ${name}`, i, replications)
    await pause(signal)
    const replication = replicationFigures(scenario, fitted, i)
    if (replication !== null) figures.push(replication)
  }
  const running = {
    signal,
    onProgress: (i: number, of: number) => onProgress?.(`simulating ${name}`, i, of),
  }
  const runs = await runReplications(fitInput(scenario, null), replications, running)
  const recorded = fitScenario(recordedClass(sample), trace, options)
  const [recordedRun] = await runReplications(fitInput(recorded, sample), 1, running)
  const statistics = statisticsRows(trace, figures, fitted.windows_s)
  const tails = tailRows(recordedRun!, runs)
  const traffic = placedTraffic(fitted.traffic, place)
  checkSection(traffic)
  const fit = {
    class: name,
    values,
    rows: trace.rows,
    from_s: place.from_s,
    duration_s: trace.duration_s,
    windows_s: fitted.windows_s,
    scales_s: fitted.factors.map(({ scaleMs }) => scaleMs / 1000),
    traffic,
    statistics,
    tails,
    ...judged([...statistics, ...tails]),
  }
  const typical = [...figures].sort((a, b) => a.rows - b.rows)[figures.length >> 1] ?? null
  return { fit, sides: { recorded: trace, fitted: typical } }
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
  parseScenario(HEAD + rest + trafficYaml([traffic]), { file: 'the fitted section' })
}

function judged(rows: readonly FitRow[]): Pick<ClassFit, 'verdict' | 'why'> {
  const verdicts = rows.flatMap(({ verdict }) => (verdict === null ? [] : [verdict]))
  const named = (wanted: string) =>
    rows.filter((row) => row.verdict === wanted).map(({ name }) => name)
  const [fails, vague] = [named('FAIL'), named('UNDECIDED')]
  const parts = [
    ...(fails.length > 0 ? [`the fit fails in ${fails.join('; ')}`] : []),
    ...(vague.length > 0 ? [`undecided: ${vague.join('; ')}`] : []),
  ]
  const why = parts.join('; ') || `all ${verdicts.length} figures agree`
  return { verdict: worst(verdicts), why }
}
