import { describeValue, listed } from '../../parse/describe-value.ts'
import { didYouMean } from '../../parse/nearest.ts'
import { namedDuration, namedLength, namedUnit, wordsOf } from '../../trace/column-names.ts'
import { guessTrace, NotGuessed } from '../../trace/trace-guess.ts'
import { sampleTrace, type TraceSample } from '../../trace/trace-sample.ts'
import { isDated, numberOf, type TimeUnit } from '../../trace/trace-time.ts'
import type { TABLE_COLUMNS } from './table-names.ts'

export type TableColumns = Readonly<Partial<Record<(typeof TABLE_COLUMNS)[number], string>>>
export type DurationUnit = Exclude<TimeUnit, 'iso'>

/** What a user states of a table; the rest is guessed. */
export interface StatedTable {
  readonly columns: TableColumns
  readonly timeUnit?: TimeUnit | undefined
  /** of `latency` and `first_token` */
  readonly durationUnit?: DurationUnit | undefined
}

/** How the rows of a table are read. */
export interface Table {
  readonly isJson: boolean
  readonly columns: TableColumns
  readonly timeUnit: TimeUnit
  readonly latencyUnit: DurationUnit | null
  readonly firstTokenUnit: DurationUnit | null
  /** its times are cut to whole multiples of this, ms; 0 where they are not */
  readonly timeStepMs: number
  /** what was guessed, as a sentence */
  readonly said: string
}

/**
 * Guesses what the statement leaves open from the names of the columns and the first rows of a CSV
 * or JSON Lines file. `key` names an option as the user would set it. Throws `NotGuessed` where
 * more than one column fits, or none does.
 */
export async function tableColumns(
  path: string,
  stated: StatedTable,
  key: (name: string) => string,
): Promise<Table> {
  // a row with its end and its latency needs no other time
  const isEnd = stated.columns.end !== undefined && stated.columns.time === undefined
  const time = isEnd ? stated.columns.end : stated.columns.time
  const guess = await guessTrace(
    path,
    { columns: time === undefined ? {} : { time }, time_unit: stated.timeUnit },
    { key, lengths: [] },
  )
  const { format, columns: { time: found } = {}, time_unit: timeUnit } = guess.rows
  if ((format !== 'csv' && format !== 'jsonl') || timeUnit === undefined) {
    throw new NotGuessed([`expected CSV or JSON Lines with latencies, got ${format}`])
  }
  const sample = await sampleTrace(path, format)
  const names = new TableNames(sample, stated, key)
  const columns: TableColumns = {
    ...(!isEnd && found !== undefined && { time: found }),
    ...names.guessed(),
    ...stated.columns,
  }
  const units = names.units(columns)
  names.end()
  const times = sample.columns.get(found!) ?? []
  const parts = Object.entries(columns).map(([name, column]) => `${name} \`${column}\``)
  return {
    ...{ isJson: format === 'jsonl', columns, timeUnit, ...units },
    timeStepMs:
      times.length > 0 && times.every((value) => isWholeSecond(value, timeUnit)) ? 1000 : 0,
    said: `read as ${format} with ${parts.join(', ')}; times in ${timeUnit === 'iso' ? 'ISO 8601' : timeUnit}`,
  }
}

/** The columns of a table beside that of its times. */
class TableNames {
  readonly #sample: TraceSample
  readonly #stated: StatedTable
  readonly #key: (name: string) => string
  readonly #problems: string[] = []

  constructor(sample: TraceSample, stated: StatedTable, key: (name: string) => string) {
    this.#sample = sample
    this.#stated = stated
    this.#key = key
    for (const [column, name] of Object.entries(stated.columns)) this.#check(column, name)
  }

  #check(column: string, name: string): void {
    const names = [...this.#sample.columns.keys()]
    if (names.includes(name)) return
    const text = `expected one of ${listed(names)}, got ${describeValue(name)}`
    this.#problems.push(`${this.#key(`columns.${column}`)}: ${text}${didYouMean(name, names)}`)
  }

  /** Those that are not stated, and that one column alone fits. */
  guessed(): TableColumns {
    const { columns } = this.#stated
    // of a row with its time and its end, it is known
    const isKnown = columns.time !== undefined && columns.end !== undefined
    const wanted = GUESSED.filter(
      (key) => columns[key] === undefined && !(isKnown && key === 'latency'),
    )
    return Object.fromEntries(
      wanted.flatMap((key) => {
        const fitting = [...this.#sample.columns]
          .filter(([name, values]) => keyOf(name) === key && values.some(isCount))
          .map(([name]) => name)
        if (fitting.length === 1) return [[key, fitting[0]!]]
        const option = this.#key(`columns.${key}`)
        if (fitting.length > 1) {
          const which = fitting.map((name) => `\`${name}\``).join(' and ')
          this.#problems.push(`${which} may each be ${key}; set ${option} to one of them`)
        } else if (key === 'latency') {
          const names = listed([...this.#sample.columns.keys()])
          this.#problems.push(`no column is recognised as latency, of ${names}; set ${option}`)
        }
        return []
      }),
    )
  }

  /** Of durations: as stated, or as their names have it. */
  units(columns: TableColumns): Pick<Table, 'latencyUnit' | 'firstTokenUnit'> {
    return {
      latencyUnit: this.#unit(columns.latency),
      firstTokenUnit: this.#unit(columns.first_token),
    }
  }

  #unit(name: string | undefined): DurationUnit | null {
    if (name === undefined) return null
    const { durationUnit } = this.#stated
    const named = [name, ...wordsOf(name)].map(namedUnit).find((unit) => unit !== null) ?? null
    if (durationUnit === undefined && named === null) {
      const option = this.#key('duration_unit')
      this.#problems.push(`\`${name}\` does not name its unit; set ${option} to s, ms, us or ns`)
    }
    return durationUnit ?? named
  }

  /** Throws `NotGuessed` where there is a problem. */
  end(): void {
    if (this.#problems.length > 0) throw new NotGuessed(this.#problems)
  }
}

const GUESSED = ['latency', 'first_token', 'input_tokens', 'output_tokens'] as const
const keyOf = (name: string) => namedDuration(name) ?? namedLength(name)
const isCount = (value: unknown) => numberOf(String(value)) >= 0

const isWholeSecond = (value: unknown, unit: TimeUnit): boolean =>
  unit === 'iso'
    ? isDated(value) && !/[.,]\d*[1-9]/.test(String(value))
    : unit === 's' && Number.isInteger(Number(value))
