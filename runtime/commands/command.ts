import { statSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { LoadedScenario } from '../../scenarios/index.ts'
import {
  EXIT,
  type ExitCode,
  expectScenario,
  Failure,
  parseVariant,
  splitOverride,
  type Variant,
  visibleLine,
} from '../../scenarios/light.ts'
import { call } from '../call.ts'
import { allocationFailure, notUsable } from '../folders/system-refusal.ts'
import { REHEARSALS, REPLICATIONS } from '../jobs/defaults.ts'
import { endAtOnce, ignore, onEnding } from '../process/interruption.ts'
import { err, note as printNote, styled } from '../terminal.ts'

/** Options that every command with a scenario takes. */
export interface ScenarioOptions {
  readonly set?: readonly string[]
  readonly seed?: number
  readonly json?: boolean
  readonly out?: string
}

export const scenarioFile = (command: Command) =>
  command.argument(
    '<scenario>',
    'a scenario file (YAML), or the name of a shipped one if no file here has that name',
    existing,
  )

/** Refuses a missing scenario before what reads scenarios is loaded. A folder is not refused. */
export function existing(path: string): string {
  expectScenario(path)
  return path
}

/** An argument as a folder to read. A missing one is refused before what reads it is loaded. */
export const keptFolder = (path: string) => present(path, 'folder')

/** The same for a file. A folder in its place is refused by what reads it. */
export const givenFile = (path: string) => present(path, 'file')

function present(path: string, what: 'file' | 'folder'): string {
  try {
    statSync(path)
  } catch (error) {
    // of others, such as a link to itself, what reads it says why
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new Failure(`${path}: no such ${what}`)
  }
  return path
}

/** Reads each value of an argument that may be repeated. */
export function each(read: (text: string) => string) {
  return (text: string, previous: readonly string[] = []) => [...previous, read(text)]
}

/** `files`: what --out holds, see `outOption`. */
export function withScenarioOptions(command: Command, files: string, otherwise?: string): Command {
  return withJson(command)
    .option('--set <path=value>', 'override any scenario value; may be repeated', override)
    .option('--seed <n>', 'override the seed', wholeNumber(0))
    .addOption(outOption(files, otherwise))
}

export function withJson(command: Command): Command {
  return command.option('--json', 'print only the document on stdout')
}

/** The folder of a command's files; `otherwise`: where they go without it. */
export function outOption(files: string, otherwise = 'nothing is written'): Option {
  return new Option('--out <dir>', `folder for ${files}; default: ${otherwise}`).argParser(folder)
}

/** The rule of which rows are kept, for the help of every command that has rows. */
export const KEPT_ROWS = `Files: documents go to --out. Rows of replays are always kept beside them, because a replay cannot be made again. Rows of
simulations can, so they are kept only by \`simulate --keep-rows\`. Files of an earlier run never stay beside those of another.`

export const profileOption = () =>
  new Option(
    '--profile <file>',
    'the calibrated profile; default: that of this machine (of run and calibrate), or else the one that ships',
  ).argParser(givenFile)

/** Collects the values of an option that may be repeated. */
export const collect = each((text) => text)

/** Collects the values of an option that takes variants. */
export function variant(text: string, previous: readonly Variant[] = []): Variant[] {
  const parsed = parseVariant(text)
  if (typeof parsed === 'string') throw new InvalidArgumentError(`${parsed}.`)
  return [...previous, parsed]
}

/** The same for `path=value`, which is checked. */
export function override(text: string, previous?: readonly string[]): string[] {
  if (splitOverride(text) !== null) return collect(text, previous)
  throw new InvalidArgumentError(`Expected path=value, got ${text}.`)
}

/** Throws `Failure` if `option`, which keeps files beside the documents, is used without --out. */
export function refuseWithoutOut(
  option: string,
  used: boolean | undefined,
  { out }: ScenarioOptions,
): void {
  if (used !== true || out !== undefined) return
  throw new Failure(`${option}: has no folder for its files; add --out DIR`, EXIT.usage)
}

/** An option's value as a folder. An empty path would silently be the working directory. */
export function folder(text: string): string {
  if (text !== '') return text
  throw new Failure('--out: the path is empty; for the working directory write: --out .')
}

/** Limit of simulations: more take days, and gigabytes for their results. */
const MOST_REPLICATIONS = 100_000

/** By the kind of answer: the reason for the default, for the help. */
const ANSWERS = {
  interval:
    'independent runs behind each interval of a mean; 10 make it 1.15 times as wide as many do',
  band: 'simulations behind the 95 % band of a prediction; each rehearsal has its share of them',
  test: 'simulations of the fit; of 99, the middle 95 make the range of 95 %',
} as const

export function replicationsOption(answer: keyof typeof ANSWERS, least: number): Option {
  return new Option('--replications <n>', ANSWERS[answer])
    .argParser(wholeNumber(least, MOST_REPLICATIONS))
    .default(REPLICATIONS[answer])
}

/** Half of an interval over its value: `2%` or 0.02. */
export function precisionOption(): Option {
  const text =
    'add replications until half of each interval is at most this share of its value, such as 2%'
  return new Option('--precision <share>', text).argParser((value) => {
    const share = value.endsWith('%') ? Number(value.slice(0, -1)) / 100 : Number(value)
    if (share > 0 && share < 1) return share
    throw new InvalidArgumentError(`Expected a share such as 2% or 0.02, got ${value}.`)
  })
}

export function workersOption(): Option {
  const text = 'processes, at most one for each core; the result does not depend on it'
  return new Option('--workers <n>', text).argParser(wholeNumber(1))
}

export function warmupOption(): Option {
  const text = 'auto: find warmup_s by MSER-5, the start-up of a system that begins empty'
  return new Option('--warmup <how>', text).choices(['auto'])
}

export const plotOption = () =>
  new Option('--plot', 'also draw the tail and the time line in the terminal')

export function rehearsalsOption(): Option {
  const text = 'replays with other seeds, from which speed, stalls and overheads are learnt'
  return new Option('--rehearsals <n>', text).argParser(wholeNumber(0, 1000)).default(REHEARSALS)
}

/** An option's value as a whole number of `least` to `most`, by default the largest exact one. */
export function wholeNumber(
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${least}, got ${text}.`)
    }
    if (value <= most) return value
    throw new InvalidArgumentError(`Expected a whole number of at most ${most}, got ${text}.`)
  }
}

/** An option's value as a positive number. */
export function positiveNumber(text: string): number {
  const value = Number(text)
  if (!(Number.isFinite(value) && value > 0)) {
    throw new InvalidArgumentError(`Expected a number above 0, got ${text}.`)
  }
  if (value <= MOST_NUMBER) return value
  throw new InvalidArgumentError(`Expected a number of at most ${MOST_NUMBER}, got ${text}.`)
}

/** Eleven days where the number is in seconds. It is the limit of jitter_s in the schema, too. */
const MOST_NUMBER = 1e6

/** What a command does, apart from its options: a module of runtime/actions. */
type Perform<Args extends unknown[]> = (signal: AbortSignal, ...args: Args) => Promise<ExitCode>

/**
 * Adds the end of the help, such as examples, and what the command does. It is loaded when the
 * command line is understood, so that help and refusals load nothing that simulates or measures.
 */
export function implement<Args extends unknown[]>(
  command: Command,
  help: string,
  load: () => Promise<Perform<Args>>,
): void {
  command
    .option('-q, --quiet', 'print no progress and no warnings on stderr; errors stay')
    .addHelpText('after', help)
    .action(action<Args>(async (signal, ...args) => (await load())(signal, ...args)))
}

interface OnScenario {
  /** which of --set hold for the scenario itself; by default all */
  readonly overrides?: (set: readonly string[]) => readonly string[]
  /** how much is simulated; by default nothing */
  readonly simulations?: (options: SimulationOptions) => number
}

interface SimulationOptions {
  readonly replications?: number
  readonly workers?: number
  readonly queue?: string
}

/**
 * The same for a command on a scenario, which is read first: an invalid one is refused before
 * what simulates or replays it is loaded. Gets the scenario in place of its path. Processes that
 * simulate start before the command is loaded, so that both load at once.
 */
export function implementOnScenario<Options extends ScenarioOptions & SimulationOptions>(
  command: Command,
  help: string,
  load: () => Promise<Perform<[scenario: LoadedScenario, options: Options]>>,
  { overrides = (set) => set, simulations = () => 0 }: OnScenario = {},
): void {
  implement(command, help, async () => {
    const { loadScenario } = await import('../../scenarios/load/load.ts')
    return async (signal: AbortSignal, path: string, options: Options) => {
      const { set = [], seed } = options
      const scenario = await loadScenario(path, { set: overrides(set), seed })
      const count = simulations(options)
      if (count > 0) {
        const processes = await import('../jobs/simulations/simulation-processes.ts')
        processes.startSimulations(processes.processesFor(count, options.workers))
      }
      return (await load())(signal, scenario, options)
    }
  })
}

/** Runs a command: signals become an abort, a `Failure` is printed, the exit code is set. */
export function action<Args extends unknown[]>(
  perform: (signal: AbortSignal, ...args: Args) => Promise<ExitCode>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    // commander passes the command last
    const command = args.at(-1) as Command | undefined
    const running = call()
    running.quiet = command?.opts().quiet === true
    const abort = new AbortController()
    onEnding((signal) => {
      // a second Ctrl-C skips the clean-up; a terminal may hang up twice
      if (abort.signal.aborted && signal !== 'SIGHUP') endAtOnce()
      abort.abort()
    })
    try {
      running.exitCode = await perform(abort.signal, ...args)
    } catch (error) {
      running.exitCode = report(error)
    } finally {
      onEnding(ignore)
    }
  }
}

/** The command line as it was typed, for documents to name. */
export function commandLine(): string {
  const quoted = (word: string) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
  return ['spillway', ...call().words.map(quoted)].join(' ')
}

/** Prints a warning on stderr, unless the command is quiet. */
export function warn(text: string): void {
  printNote(styled('yellow', 'warning'), `: ${visibleLine(text)}\n`)
}

/** Prints on stderr what a command took for granted, once: both sides of a what-if may share it. */
export function note(text: string): void {
  const { noted } = call()
  if (noted.has(text)) return
  noted.add(text)
  printNote(styled('dim', 'note'), `: ${visibleLine(text)}\n`)
}

/** Prints an error, and returns the exit code. */
export function report(error: unknown): ExitCode {
  if (error instanceof Failure) {
    const mark = styled('red', error.exitCode === EXIT.interrupted ? 'stopped' : 'error')
    // a name with a line break must not look like another problem
    for (const problem of error.problems) err(mark, `: ${visibleLine(problem)}\n`)
    if (error.said !== '') err(`  ${error.said.replaceAll('\n', '\n  ')}\n`)
    return error.exitCode
  }
  const refusal = allocationFailure(error) ?? notUsable(error)
  if (refusal !== null) return report(refusal)
  err(styled('red', 'internal error'), `: ${(error as Error).stack ?? error}\n`)
  return EXIT.internal
}
