import type { Command } from 'commander'
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
} from '../../scenarios/index.ts'
import { type BuiltModel, buildPools } from '../jobs/build-models.ts'
import { implement, outOption, override } from './command.ts'
import { withInspect } from './models-inspect.ts'
import { print } from './output.ts'

const KINDS = ['mlp', 'transformer-encoder']

/** Options of a built-in kind, as typed; the scenario schema validates them. */
const PARAMETERS = {
  layers: 'layers of a built-in kind',
  width: 'width of mlp',
  hidden: 'width of transformer-encoder, a multiple of heads',
  heads: 'attention heads of transformer-encoder',
  vocabulary: 'vocabulary of transformer-encoder',
  seed: 'seed of the weights of a built-in kind',
} as const
const PARAMETER_NAMES = Object.keys(PARAMETERS) as (keyof typeof PARAMETERS)[]

type BuildOptions = { readonly [K in keyof typeof PARAMETERS]?: string } & {
  readonly precision?: string
  readonly out: string
  readonly set?: readonly string[]
  readonly json?: boolean
}

const HELP = `
Examples:
  $ spillway models build scenario.yaml --out models
  $ spillway models build mlp --layers 12 --width 512 --precision fp32,fp16,int8
  $ spillway models build transformer-encoder --layers 4 --hidden 256 --heads 4 --json`

export function define(command: Command): void {
  withInspect(command)
  const build = command
    .command('build')
    .copyInheritedSettings(command)
    .description('Build the models of a scenario, or a built-in kind, as ONNX files')
    .argument('<what...>', `scenarios, or ${KINDS.join(' or ')}`)
  for (const name of PARAMETER_NAMES) build.option(`--${name} <n>`, PARAMETERS[name])
  build
    .option('--precision <list>', 'of a built-in kind: fp32, fp16, int8 or several with commas')
    .option('--set <path=value>', 'override a value of a scenario', override)
    .addOption(outOption('the files', 'the working folder').default('.', 'the working folder'))
    .option('--json', 'print only the document on stdout')
  implement(build, HELP, async (signal, what: readonly string[], options: BuildOptions) => {
    const built = await buildModels(what, { ...options, signal })
    print(options, { models: built }, listOf(built))
    return EXIT.ok
  })
}

/** Builds every named model; throws one `Failure` with all problems. */
async function buildModels(
  what: readonly string[],
  options: BuildOptions & { readonly signal: AbortSignal },
): Promise<BuiltModel[]> {
  const built = new Map<string, BuiltModel>()
  const problems: string[] = []
  let exitCode: ExitCode = EXIT.invalidInput
  for (const one of what) {
    try {
      const loaded = KINDS.includes(one)
        ? scenarioOf(one, options)
        : await scenarioFrom(one, options)
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
  const misplaced = [...PARAMETER_NAMES, 'precision' as const].filter((key) => options[key])
  if (misplaced.length > 0) {
    const flags = misplaced.map((key) => `--${key}`).join(', ')
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
    const text = options[key]
    return text === undefined ? [] : [[key, Number.isNaN(Number(text)) ? text : Number(text)]]
  })
  const precisions = [...new Set((options.precision ?? 'fp32').split(','))]
  const scenario = {
    spillway: 1,
    name: kind,
    duration_s: 1,
    models: { [kind]: { builtin: kind, ...Object.fromEntries(parameters) } },
    traffic: [{ class: 'none', arrivals: { process: 'deterministic', rate_rps: 1 } }],
    pools: precisions.map((precision, i) => ({ name: `pool${i}`, model: kind, precision })),
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
  return problem.replace(/^(\S+):\d+:\d+ \S+\.(\w+): /, '$1 --$2: ')
}

const megabytes = (bytes: number) =>
  (bytes / 1e6).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

function listOf(built: readonly BuiltModel[]): string {
  return built
    .map(({ name, precision, path, key, bytes }) => {
      const size = `${megabytes(bytes)} MB`.padStart(12)
      return `${name.padEnd(20)} ${precision} ${size}  ${key}  ${path}`
    })
    .join('\n')
}
