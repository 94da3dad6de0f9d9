import { type Command, InvalidArgumentError } from 'commander'
import {
  type FitSides,
  type TraceFitDocument,
  traceFitHtml,
  traceFitText,
  trafficYaml,
} from '../../reports/index.ts'
import {
  EXIT,
  type ExitCode,
  Failure,
  parseScenario,
  readTrace,
  scenarioSchema,
} from '../../scenarios/index.ts'
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
import { replaceFiles } from '../folders/replace-files.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { runReplications } from '../jobs/replications.ts'
import { expectTrace } from '../parquet/expect-decodable.ts'
import { pause } from '../process/pause.ts'
import { out } from '../terminal.ts'
import {
  action,
  commandLine,
  folder,
  positiveNumber,
  replicationsOption,
  wholeNumber,
  withJson,
} from './command.ts'
import { documentText } from './output.ts'
import { ProgressDisplay } from './progress.ts'
import { arrivalsOf, type TraceOptions, withTraceOptions } from './trace-file.ts'

interface FitOptions extends TraceOptions {
  readonly load: number
  readonly replications: number
  readonly seed: number
  readonly class: string
  readonly json?: boolean
  readonly out?: string
}

type Running = FitOptions & { readonly signal: AbortSignal; readonly progress: ProgressDisplay }

export function defineFit(command: Command): void {
  withTraceOptions(withJson(command.command('fit')))
    .copyInheritedSettings(command)
    .description('A traffic section that comes as a trace does, and how near it comes')
    .argument('<file>', 'a trace; text may be gzip')
    .option('--class <name>', 'of the traffic section', className, 'fitted')
    .option('--load <share>', 'at which tails are compared', positiveNumber, 0.7)
    .addOption(replicationsOption('of the fit, to hold the trace against', LEAST_REPLICATIONS, 99))
    .option('--seed <n>', 'of the replications', wholeNumber(0), 1)
    .option(
      '--out <dir>',
      'write traffic.yaml, trace-fit.json and trace-fit.html, with charts, to this directory',
      folder,
    )
    .addHelpText(
      'after',
      `
Prints YAML: the section, and above it as comments the figures of trace and fit side by side.
Figures must be within ${100 * FIT_TOLERANCE} % (a correlation within ${CORRELATION_TOLERANCE}), latencies of the trace within the range of 95 % of
the fit's replications, and that within a factor of ${WIDEST_FACTOR}. Exit code 4 where one is not, 5 where that is undecided.

Examples:
  $ spillway trace fit AzureLLMInferenceTrace_code.csv > traffic.yaml`,
    )
    .action(
      action(async (signal, file: string, options: FitOptions) => {
        if (options.load >= 1) {
          throw new Failure(`--load: expected less than 1, got ${options.load}`, EXIT.usage)
        }
        const undo = await writableFolder(options.out)
        const progress = new ProgressDisplay()
        const running = { ...options, signal, progress }
        const sample = await readSample(file, running).catch(undo)
        const { document, sides } = await fitOf(file, sample, running).catch(undo)
        progress.stop()
        if (options.out !== undefined) {
          await replaceFiles(options.out, async (change) => {
            await change.write('trace-fit.json', documentText(document))
            await change.write('trace-fit.html', await traceFitHtml(document, sides))
            await change.write('traffic.yaml', traceFitText(document))
          })
        }
        if (options.json === true) out(documentText(document))
        else out(traceFitText(document))
        return exitOf(document.verdict)
      }),
    )
}

/** An option's value as the name of a class. */
function className(text: string): string {
  const { success, error } = scenarioSchema.shape.traffic.element.shape.class.safeParse(text)
  if (success) return text
  throw new InvalidArgumentError(`Expected ${error.issues[0]!.message}, got ${text}.`)
}

/** The shortest windows that a fit looks at. */
const LEAST_SPAN_S = 0.1
/** Time and memory of a fit grow with how long its trace is: 23 days need some 400 MB. */
const MOST_SPAN_S = 2e6

/** Rows of a trace from its first on. */
async function readSample(file: string, options: Running): Promise<TraceSample> {
  const { progress, signal } = options
  const arrivals = await arrivalsOf(file, options)
  await expectTrace(arrivals, '.', signal)
  const rows = await readTrace(arrivals, '.', (read) => {
    progress.update(`reading ${file}`, read.bytes, read.totalBytes)
    if (signal.aborted) throw new Failure('interrupted', EXIT.interrupted)
  })
  const first = rows.times[0]!
  if (rows.times.at(-1) === first) {
    throw new Failure(`${file}: expected rows at different times, got one instant`)
  }
  const spanS = (rows.times.at(-1)! - first) / 1000
  const why = `as a fit looks at windows of ${LEAST_SPAN_S} s, got ${spanS} s`
  if (spanS < LEAST_SPAN_S) {
    const text = `expected rows over at least ${LEAST_SPAN_S} s`
    throw new Failure(`${file}: ${text}, ${why}; --unit states the unit of the times`)
  }
  if (spanS > MOST_SPAN_S) {
    const text = `expected rows within ${MOST_SPAN_S} s of one another`
    throw new Failure(`${file}: ${text}, ${why}; fit a part of the trace`)
  }
  return { ...rows, times: rows.times.map((time) => time - first) }
}

interface Fit {
  readonly document: TraceFitDocument & { readonly document: string; readonly format: number }
  readonly sides: FitSides
}

async function fitOf(file: string, sample: TraceSample, options: Running): Promise<Fit> {
  const { replications, signal, progress, load } = options
  const trace = sampleFigures(sample)
  const fitted = fitTraffic(options.class, sample)
  const scenario = fitScenario(fitted.traffic, trace, options)
  const figures = []
  for (let i = 0; i < replications; i++) {
    progress.update('drawing requests', i, replications)
    await pause(signal)
    const own = replicationFigures(scenario, fitted, i)
    if (own !== null) figures.push(own)
  }
  const running = {
    signal,
    onProgress: (i: number, of: number) => progress.update('simulating', i, of),
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
    command: commandLine(),
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

function judged(rows: readonly FitRow[]): Pick<TraceFitDocument, 'verdict' | 'why'> {
  const verdicts = rows.flatMap(({ verdict }) => (verdict === null ? [] : [verdict]))
  const verdict = worst(verdicts)
  const named = (wanted: string) =>
    rows.filter((row) => row.verdict === wanted).map(({ name }) => name)
  const [fails, vague] = [named('FAIL'), named('UNDECIDED')]
  const parts = [
    ...(fails.length > 0 ? [`the fit falls short in ${fails.join('; ')}`] : []),
    ...(vague.length > 0 ? [`too vague to tell: ${vague.join('; ')}`] : []),
  ]
  return { verdict, why: parts.join('; ') || `all ${verdicts.length} figures agree` }
}

function exitOf(verdict: string): ExitCode {
  if (verdict === 'FAIL') return EXIT.failed
  return verdict === 'UNDECIDED' ? EXIT.undecided : EXIT.ok
}
