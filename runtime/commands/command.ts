import { type Command, InvalidArgumentError, Option } from 'commander'
import { EXIT, type ExitCode, Failure, splitOverride } from '../../scenarios/index.ts'
import { notUsable } from '../folders/write-whole.ts'
import { allocationFailure } from '../process/allocation.ts'
import { endAtOnce, ignore, onEnding } from '../process/interruption.ts'
import { err, styled } from '../terminal.ts'

/** Options that every command with a scenario takes. */
export interface ScenarioOptions {
  readonly set?: readonly string[]
  readonly seed?: number
  readonly json?: boolean
  readonly out?: string
}

export function withScenarioOptions(command: Command): Command {
  return withJson(command)
    .option('--set <path=value>', 'override any scenario value; may be repeated', override)
    .option('--seed <n>', 'override the seed', wholeNumber(0))
    .option('--out <dir>', 'write the documents to this directory', folder)
}

export function withJson(command: Command): Command {
  return command.option('--json', 'print the document, and nothing else, on stdout')
}

export const profileOption = () =>
  new Option(
    '--profile <file>',
    "what calibration found; by default this machine's own, else the one that ships",
  )

/** Gathers an option that may be repeated. */
export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value]
}

/** The same for `path=value`, which is checked. */
export function override(text: string, previous?: readonly string[]): string[] {
  if (splitOverride(text) !== null) return collect(text, previous)
  throw new InvalidArgumentError(`Expected path=value, got ${text}.`)
}

const KEEPING = { journal: '--journal', keepRows: '--keep-rows' } as const

/** What is kept are files beside the documents: without a directory there is no place for them. */
export function refuseWithoutOut(
  option: keyof typeof KEEPING,
  options: { readonly [K in keyof typeof KEEPING]?: boolean } & { readonly out?: string },
): void {
  if (options[option] !== true || options.out !== undefined) return
  const text = `${KEEPING[option]}: expected --out DIR beside it, for its files to go to`
  throw new Failure(text, EXIT.usage)
}

/** An option's value as a folder: an empty one would stand for the folder that one is in. */
export function folder(text: string): string {
  if (text !== '') return text
  throw new Failure('--out: expected a folder, got an empty path; for this folder write: --out .')
}

/** Of simulations behind an interval: more take days, and their results memory. */
const MOST_REPLICATIONS = 100_000

export function replicationsOption(description: string, least: number, usual: number): Option {
  return new Option('--replications <n>', description)
    .argParser(wholeNumber(least, MOST_REPLICATIONS))
    .default(usual)
}

/**
 * An option's value as a whole number of `least` to `most`: beyond the greatest exact one another
 * number would be taken.
 */
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

/** Seconds of an option, mostly: eleven days. As the schema has it of jitter_s. */
const MOST_NUMBER = 1e6

/**
 * The action of a command: takes the signals that end it as an abort, prints what the user can mend
 * without a stack trace, and sets the exit code.
 */
export function action<Args extends unknown[]>(
  perform: (signal: AbortSignal, ...args: Args) => Promise<ExitCode>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    const abort = new AbortController()
    onEnding((signal) => {
      // a second Ctrl-C does not wait for anything to be tidied up; a terminal may hang up twice
      if (abort.signal.aborted && signal !== 'SIGHUP') endAtOnce()
      abort.abort()
    })
    try {
      process.exitCode = await perform(abort.signal, ...args)
    } catch (error) {
      process.exitCode = report(error)
    } finally {
      onEnding(ignore)
    }
  }
}

/** The command line as it was typed, for documents to name. */
export function commandLine(): string {
  const quoted = (word: string) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
  return ['spillway', ...process.argv.slice(2).map(quoted)].join(' ')
}

/** Prints a warning on stderr. */
export function warn(text: string): void {
  err(styled('yellow', 'warning'), `: ${text}\n`)
}

/** Prints an error as its reader needs it, and returns the exit code. */
export function report(error: unknown): ExitCode {
  if (error instanceof Failure) {
    const mark = styled('red', error.exitCode === EXIT.interrupted ? 'stopped' : 'error')
    // a line break inside a problem cannot begin what looks like another one
    for (const problem of error.problems) err(mark, `: ${problem.replaceAll('\n', '\n  ')}\n`)
    return error.exitCode
  }
  const refusal = allocationFailure(error) ?? notUsable(error)
  if (refusal !== null) return report(refusal)
  err(styled('red', 'internal error'), `: ${(error as Error).stack ?? error}\n`)
  return EXIT.internal
}
