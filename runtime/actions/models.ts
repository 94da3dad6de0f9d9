import {
  EXIT,
  type ExitCode,
  Failure,
  findScenario,
  type LoadedScenario,
  loadScenario,
  nearest,
  parseScenario,
  shippedHint,
  visibleLine,
} from '../../scenarios/index.ts'
import { flagOf, KINDS, optionOf, PARAMETER_NAMES } from '../commands/model-parameters.ts'
import { type BuiltModel, buildPools } from '../jobs/build-models.ts'
import { print } from './output.ts'

type BuildOptions = { readonly [K in ReturnType<typeof optionOf>]?: string } & {
  readonly precision?: string
  readonly out: string
  readonly set?: readonly string[]
  readonly json?: boolean
}

/** Builds every named model; throws one `Failure` with all problems. */
async function buildModels(
  what: readonly string[],
  options: BuildOptions & { readonly signal: AbortSignal },
): Promise<BuiltModel[]> {
  const built = new Map<string, BuiltModel>()
  const problems: string[] = []
  let exitCode: ExitCode = EXIT.invalidInput
  for (const source of what) {
    try {
      const loaded = KINDS.includes(source)
        ? scenarioOf(source, options)
        : await scenarioFrom(source, options)
      const places = { directory: loaded.directory, cacheDirectory: options.out }
      await buildPools(loaded, { ...places, signal: options.signal }, built, problems)
    } catch (error) {
      if (!(error instanceof Failure) || options.signal.aborted) throw error
      problems.push(...error.problems)
      exitCode = error.exitCode
    }
  }
  if (problems.length > 0) throw new Failure(problems, exitCode)
  return [...built.values()]
}

async function scenarioFrom(path: string, options: BuildOptions): Promise<LoadedScenario> {
  const given = PARAMETER_NAMES.filter((key) => options[optionOf(key)])
  const misplaced = options.precision ? [...given, 'precision'] : given
  if (misplaced.length > 0) {
    const flags = misplaced.map(flagOf).join(', ')
    const text = `${path}: remove ${flags}: built-in kinds take it, a scenario takes --set`
    throw new Failure(text, EXIT.usage)
  }
  if (findScenario(path, path) !== null) return loadScenario(path, { set: options.set ?? [] })
  const meant = nearest(path, KINDS)
  const hint = meant === null ? shippedHint(path) : `did you mean ${meant}?`
  throw new Failure(
    `expected a scenario file or its name, ${KINDS.join(' or ')}, got ${path}; ${hint}`,
  )
}

/** A built-in kind as a scenario with a pool for each precision, so that the schema checks it. */
function scenarioOf(kind: string, options: BuildOptions): LoadedScenario {
  const parameters = PARAMETER_NAMES.flatMap((key) => {
    const text = options[optionOf(key)]
    return text === undefined ? [] : [[key, Number.isNaN(Number(text)) ? text : Number(text)]]
  })
  const precisions = [...new Set((options.precision ?? 'fp32').split(','))]
  const decodes = kind === 'transformer-decoder'
  const answers = decodes && { output_tokens: { distribution: 'fixed', value: 1 } }
  const generating = decodes && { generation: { policy: 'static', max_sequences: 1 } }
  const scenario = {
    spillway: 1,
    name: kind,
    duration_s: 1,
    models: { [kind]: { builtin: kind, ...Object.fromEntries(parameters) } },
    traffic: [{ class: 'none', arrivals: { process: 'deterministic', rate_rps: 1 }, ...answers }],
    pools: precisions.map((precision, i) => ({
      ...{ name: `pool${i}`, model: kind, precision, ...generating },
      // the only place where the built-in decoder runs at fp16
      ...(decodes && precision === 'fp16' && { execution_provider: 'webgpu' }),
    })),
  }
  try {
    return {
      ...parseScenario(JSON.stringify(scenario, null, 2), { file: kind }),
      directory: '.',
      notes: [],
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure(error.problems.map(ofOption), EXIT.usage)
  }
}

/** A problem of the scenario of a built-in kind, as a problem of the option. */
function ofOption(problem: string): string {
  return problem.replace(
    /^(\S+):\d+:\d+ \S+\.(\w+): /,
    (_, kind: string, key: string) => `${kind} ${flagOf(key)}: `,
  )
}

const megabytes = (bytes: number) =>
  (bytes / 1e6).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

function listOf(built: readonly BuiltModel[]): string {
  return built
    .map(({ name, precision, path, key, bytes }) => {
      const size = `${megabytes(bytes)} MB`.padStart(12)
      return `${name.padEnd(20)} ${precision} ${size}  ${key}  ${visibleLine(path)}`
    })
    .join('\n')
}

export async function perform(
  signal: AbortSignal,
  what: readonly string[],
  options: BuildOptions,
): Promise<ExitCode> {
  const built = await buildModels(what, { ...options, signal })
  print(options, { models: built }, listOf(built))
  return EXIT.ok
}
