import { EXIT, type ExitCode, Failure } from '../failure.ts'
import { Unreadable } from '../load/user-file.ts'
import { describeValue, listed } from '../parse/describe-value.ts'
import { didYouMean } from '../parse/nearest.ts'
import { hasColumns } from '../schema/trace-columns.ts'
import { namedLength, namedUnit, namesOther, namesTime } from './column-names.ts'
import { LineError } from './trace-lines.ts'
import type { StatedRows } from './trace-piece.ts'
import { NoTrace, sampleTrace, type TraceSample } from './trace-sample.ts'
import { EPOCH_MS, isDated, type TimeUnit } from './trace-time.ts'

type Columns = NonNullable<StatedRows['columns']>

/** How a trace is read: what was stated, completed with what its first rows show. */
interface TraceGuess {
  readonly rows: StatedRows
  /** what was guessed, as a sentence; null if nothing was */
  readonly said: string | null
}

interface GuessOptions {
  /** names a key as the user would set it */
  readonly key: (name: string) => string
  /** lengths that are looked for where no columns are stated */
  readonly lengths: readonly ('input_tokens' | 'output_tokens')[]
}

/**
 * Thrown where the first rows of a trace do not show how it is read; `problems` are all reasons.
 * The exit code is that of a command line: wrong usage, unless the file is no trace.
 */
export class NotGuessed extends Failure {
  constructor(problems: readonly string[], exitCode: ExitCode = EXIT.usage) {
    super(problems, exitCode)
    this.name = 'NotGuessed'
  }
}

/** Whether a statement leaves something to be guessed. */
export function isIncomplete(stated: StatedRows): boolean {
  if (hasColumns(stated)) return false
  const { format, columns, time_unit: unit } = stated
  return format === undefined || columns?.time === undefined || unit === undefined
}

/**
 * Guesses what the statement leaves open from the names of the columns and the first rows. It is
 * conservative: where two columns fit equally, or none does, it throws `NotGuessed` with everything
 * that the user must state. Columns are named in the problems, not the file.
 */
export async function guessTrace(
  path: string,
  stated: StatedRows,
  options: GuessOptions,
): Promise<TraceGuess> {
  if (!isIncomplete(stated)) return { rows: stated, said: null }
  const sample = await sampled(path, stated.format)
  if (hasColumns(sample)) {
    const needless = ['time', 'input_tokens', 'output_tokens'] as const
    const problems = needless.flatMap((name) =>
      stated.columns?.[name] === undefined ? [] : [`columns.${name}`],
    )
    if (stated.time_unit !== undefined) problems.push('time_unit')
    if (problems.length > 0) {
      const why = `the file is in format ${sample.format}, which determines it`
      throw new NotGuessed(problems.map((key) => `remove ${options.key(key)}: ${why}`))
    }
    return { rows: { ...stated, format: sample.format }, said: `read as ${sample.format}` }
  }
  return new Guess(sample, stated, options).whole()
}

async function sampled(path: string, format: StatedRows['format']): Promise<TraceSample> {
  try {
    return await sampleTrace(path, format)
  } catch (error) {
    if (error instanceof NoTrace || error instanceof LineError) {
      throw new NotGuessed([error.message], EXIT.invalidInput)
    }
    if (!(error instanceof Unreadable)) throw error
    const { message, missing } = error
    const text = missing ? message : `expected a trace, got ${message}`
    throw new NotGuessed([text], EXIT.invalidInput)
  }
}

class Guess {
  readonly #sample: TraceSample
  readonly #stated: StatedRows
  readonly #options: GuessOptions
  readonly #problems: string[] = []
  #assumed = ''

  constructor(sample: TraceSample, stated: StatedRows, options: GuessOptions) {
    this.#sample = sample
    this.#stated = stated
    this.#options = options
  }

  whole(): TraceGuess {
    const { columns = {}, time_unit: statedUnit } = this.#stated
    this.#checkNames(columns)
    const time = columns.time ?? this.#time()
    const unit = statedUnit ?? (time === null ? null : this.#unit(time))
    const lengths = columns.time === undefined ? this.#lengths(columns) : {}
    if (this.#problems.length > 0 || time === null || unit === null) {
      throw new NotGuessed(this.#problems)
    }
    const { format } = this.#sample
    const names = Object.values(lengths as Record<string, string>)
      .map(quoted)
      .join(' and ')
    const wanted = columns.time === undefined && this.#options.lengths.length > 0
    const parts = [
      `time column ${quoted(time)} (${unit === 'iso' ? 'ISO 8601' : unit})`,
      ...(names === '' ? [] : [`lengths ${names}`]),
      ...(names === '' && wanted && columns.input_tokens === undefined ? ['no lengths'] : []),
    ]
    const hint =
      columns.time === undefined
        ? `; set ${this.#options.key('columns.time')} to choose another`
        : ''
    return {
      rows: { format, columns: { ...columns, ...lengths, time }, time_unit: unit },
      said: `read as ${format}: ${parts.join(', ')}${this.#assumed}${hint}`,
    }
  }

  #checkNames(columns: Columns): void {
    const names = [...this.#sample.columns.keys()]
    for (const [key, name] of Object.entries(columns)) {
      if (name === undefined || names.includes(name)) continue
      const text = `expected one of ${listed(names)}, got ${describeValue(name)}`
      const where = this.#options.key(`columns.${key}`)
      this.#problems.push(`${where}: ${text}${didYouMean(name, names)}`)
    }
  }

  /** The column of the times; null with a problem if none is the only one that fits. */
  #time(): string | null {
    const columns = [...this.#sample.columns].filter(([name]) => !namesOther(name))
    const dated = columns.filter(([, values]) => allOf(values, isDate))
    const counted = columns.filter(([name, values]) => namesTime(name) && allOf(values, isCount))
    const named = dated.filter(([name]) => namesTime(name))
    const best = [named, dated, counted].find((fitting) => fitting.length > 0) ?? []
    const names = best.map(([name]) => name)
    if (names.length === 1) return names[0]!
    const unread = [...this.#sample.columns].find(([name]) => namesTime(name))
    if (names.length === 0 && unread !== undefined && unread[1].length > 0) {
      this.#refuseTimes(...unread)
      return null
    }
    const problem =
      names.length > 1
        ? `${names.map(quoted).join(' and ')} may each be the time of arrival`
        : `no column is recognised as the time of arrival; the trace has ${this.#columnList()}`
    this.#problems.push(`${problem}; set ${this.#options.key('columns.time')} to one of them`)
    return null
  }

  #columnList(): string {
    return listed(
      [...this.#sample.columns].map(([name, [first]]) =>
        first === undefined ? name : `${name} (${describeValue(first)})`,
      ),
    )
  }

  #unit(name: string): TimeUnit | null {
    const values = this.#sample.columns.get(name) ?? []
    if (allOf(values, isDated)) return 'iso'
    const named = namedUnit(name)
    if (allOf(values, isCount)) {
      const since = EPOCHS.find(({ from }) => allOf(values, (v) => isSince(v, from)))?.unit
      if (since !== undefined && named !== null && named !== since) {
        const text = `${quoted(name)} ends with ${named}, but its times are epoch times in ${since}`
        this.#problems.push(`${text}; set ${this.#options.key('time_unit')}`)
        return null
      }
      if (since !== undefined || named !== null) return since ?? named
      this.#assumed = `; seconds are assumed, ${secondsText(values)}: else set ${this.#options.key('time_unit')}`
      return 's'
    }
    if (values.length > 0) {
      this.#refuseTimes(name, values)
      return null
    }
    this.#ask('time_unit', 's, ms, us, ns or iso')
    return null
  }

  #refuseTimes(name: string, values: readonly unknown[]): void {
    const odd = values.find((value) => !isDated(value) && !isCount(value))
    const text = `${quoted(name)} has ${describeValue(odd ?? values[0])}`
    const wanted = 'a number, or a time such as 2026-03-01T09:30:00.250Z'
    const other = `set ${this.#options.key('columns.time')} to another column`
    this.#problems.push(`${text}, expected ${wanted}; write times so, or ${other}`)
  }

  #ask(key: string, values: string): void {
    this.#problems.push(`set ${this.#options.key(key)} to ${values}`)
  }

  #lengths(stated: Columns): Columns {
    const guessed: { input_tokens?: string; output_tokens?: string } = {}
    for (const key of this.#options.lengths) {
      if (stated[key] !== undefined) continue
      const names = [...this.#sample.columns]
        .filter(([name, values]) => namedLength(name) === key && allOf(values, isCount))
        .map(([name]) => name)
      if (names.length > 1) {
        const text = `${names.map(quoted).join(' and ')} may each be ${key}`
        this.#problems.push(`${text}; set ${this.#options.key(`columns.${key}`)} to one of them`)
      }
      if (names.length === 1) guessed[key] = names[0]!
    }
    return guessed
  }
}

const quoted = (name: string) => `\`${name}\``

/** Whether all values that are there fit, of which there must be one. */
function allOf(values: readonly unknown[], fits: (value: unknown) => boolean): boolean {
  const present = values.filter((value) => value !== null && value !== '')
  return present.length > 0 && present.every(fits)
}

const isCount = (value: unknown) => numberOf(value) >= 0
const isDate = (value: unknown) => isDated(value) || EPOCHS.some(({ from }) => isSince(value, from))

function numberOf(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value)
  const text = typeof value === 'string' ? value.trim() : ''
  return /^\+?[\d.]+(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
}

/**
 * Times since 1970 from 1996 to 2065, by their magnitude: other units differ by a factor of 1000.
 */
const EPOCHS: readonly { unit: TimeUnit; from: number }[] = [
  { unit: 's', from: EPOCH_MS.from / 1000 },
  { unit: 'ms', from: EPOCH_MS.from },
  { unit: 'us', from: 1000 * EPOCH_MS.from },
  { unit: 'ns', from: 1e6 * EPOCH_MS.from },
]
const EPOCH_RATIO = EPOCH_MS.to / EPOCH_MS.from

function isSince(value: unknown, from: number): boolean {
  const number = numberOf(value)
  return number >= from && number < from * EPOCH_RATIO
}

/** What seconds would mean for the first rows. */
function secondsText(values: readonly unknown[]): string {
  const numbers = values.filter((value) => isCount(value)).map(numberOf)
  const span = Math.max(...numbers) - Math.min(...numbers)
  return `as the numbers are no epoch times (the first ${numbers.length} rows are over ${Number(span.toPrecision(3))} s)`
}
