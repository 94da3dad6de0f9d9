import { EXIT, Failure } from '../failure.ts'
import { Unreadable } from '../load/user-file.ts'
import { describeValue, listed } from '../parse/describe-value.ts'
import { didYouMean } from '../parse/nearest.ts'
import type { Precision } from '../schema/schema.ts'
import { LineError, linesOf } from '../trace/trace-lines.ts'
import { hasOddQuotes, splitCsv } from '../trace/trace-rows.ts'
import type { MeasuredKey, MeasurementColumns } from './measured-keys.ts'
import {
  type ColumnOptions,
  guessColumns,
  namedMeasure,
  PERCENTILE_KEYS,
  type PercentileKey,
  type RowKind,
} from './measurement-columns.ts'

/** A measured time of a batch or step. */
export interface MeasuredRow {
  /** its line in the file, from 1 */
  readonly line: number
  /** requests of a batch, or sequences that decode in a step */
  readonly batch: number
  /** of each; 0 without a batch */
  readonly length: number
  readonly prefillTokens: number
  /** prompts of a step */
  readonly prefills: number
  /** of a row that is the mean step of an engine */
  readonly engine?: EngineRow
  /** as scenarios name it, or as the file has it where they do not; null without a column */
  readonly precision: string | null
  readonly ms: number
  /** of its times, ms; absent where the file has none, and without those that a row leaves empty */
  readonly percentiles?: Readonly<Partial<Record<PercentileKey, number>>>
}

/** An engine with a number of requests in flight all the time, in tokens. */
interface EngineRow {
  readonly concurrency: number
  readonly inputTokens: number
  readonly outputTokens: number
}

type Sizes = Pick<MeasuredRow, 'batch' | 'length' | 'prefillTokens' | 'prefills' | 'engine'>

interface Measurements {
  readonly columns: MeasurementColumns
  /** what was guessed, as a sentence; null if nothing was */
  readonly said: string | null
  readonly rows: readonly MeasuredRow[]
  /** whether `ms` of each is a mean or a single run, not a percentile */
  readonly meanTimes: boolean
  /** rows that the conditions leave out */
  readonly leftOut: number
}

type Condition = readonly [column: string, value: string]

export interface MeasurementOptions extends ColumnOptions {
  readonly columns?: MeasurementColumns
  /** values that rows must have */
  readonly where?: readonly Condition[]
}

/** Limits of a file: each row is fitted many times. */
const MOST_ROWS = 1000
const MOST_LINES = 100_000
const MOST_PROBLEMS = 10
const MOST_COUNT = 1e9

/** By how files name them, in small letters. */
const PRECISIONS: Readonly<Record<string, Precision>> = {
  fp32: 'fp32',
  float32: 'fp32',
  tf32: 'tf32',
  fp16: 'fp16',
  float16: 'fp16',
  bf16: 'fp16',
  bfloat16: 'fp16',
  fp8: 'fp8',
  int8: 'int8',
  int4: 'int4',
}

/**
 * Reads measurements of a model from a CSV file, gzip or not. Throws `Failure` with the line of
 * each bad row.
 */
export async function readMeasurements(
  path: string,
  options: MeasurementOptions,
): Promise<Measurements> {
  const lines = await recordsOf(path)
  const [head, ...records] = lines
  if (head === undefined) throw new Failure(`${path}: expected a header and rows, got neither`)
  const header = headerOf(head, path)
  const reader = new RowReader(path, header, options)
  for (const record of records) reader.add(record)
  return reader.whole(records.at(-1)?.line ?? head.line)
}

interface CsvRecord {
  readonly fields: readonly string[]
  readonly line: number
}

/** Lines with text, split at commas. A quoted field stays within its line. */
async function recordsOf(path: string): Promise<CsvRecord[]> {
  const records: CsvRecord[] = []
  try {
    for await (const { texts, first } of linesOf(path)) {
      for (const [i, text] of texts.entries()) {
        const line = first + i
        const record = (line === 1 ? text.replace(/^\ufeff/, '') : text).trim()
        if (record === '' || record.startsWith('#')) continue
        if (line > MOST_LINES) throw new LineError(line, `expected at most ${MOST_LINES} lines`)
        if (hasOddQuotes(record)) throw new LineError(line, 'expected a closing quote, got none')
        records.push({ fields: splitCsv(record).map((field) => field.trim()), line })
      }
    }
  } catch (error) {
    if (error instanceof LineError) throw new Failure(`${path}:${error.line}: ${error.message}`)
    if (!(error instanceof Unreadable)) throw error
    throw new Failure(`${path}: cannot read the measurements: ${error.message}`)
  }
  return records
}

function headerOf({ fields, line }: CsvRecord, path: string): readonly string[] {
  const twice = fields.find((name, i) => fields.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new Failure(`${path}:${line}: expected the column ${describeValue(twice)} once`)
  }
  if (fields.every((name) => name !== '' && Number.isNaN(Number(name)))) return fields
  const text = 'expected a header with the names of the columns'
  throw new Failure(`${path}:${line}: ${text}, got ${describeValue(fields.join(','))}`)
}

class RowReader {
  readonly #path: string
  readonly #header: readonly string[]
  readonly #columns: MeasurementColumns
  readonly #said: string | null
  readonly #msPerUnit: (column: string | undefined) => number
  readonly #meanTimes: boolean
  readonly #where: readonly Condition[]
  readonly #kind: RowKind
  readonly #problems: string[] = []
  readonly #rows: MeasuredRow[] = []
  #leftOut = 0

  constructor(path: string, header: readonly string[], options: MeasurementOptions) {
    const { columns: stated = {}, where = [], decodes, key } = options
    this.#path = path
    this.#header = header
    this.#where = where
    const named = where.map(([name]) => name)
    const problems = named
      .filter((name) => !header.includes(name))
      .map((name) => {
        const text = `expected one of ${listed(header)}, got ${describeValue(name)}`
        return `${path}: ${key('where')}: ${text}${didYouMean(name, header)}`
      })
    if (problems.length > 0) throw new Failure(problems, EXIT.usage)
    // rows of a precision that scenarios do not name are taken to be of that of the pool
    const foreign = where.filter(
      ([name, value]) =>
        namedMeasure(name, decodes ? 'step' : 'batch') === 'precision' &&
        !Object.hasOwn(PRECISIONS, value.toLowerCase()),
    )
    const open = header.filter((name) => foreign.every(([other]) => other !== name))
    try {
      const guess = guessColumns(open, stated, { decodes, key })
      this.#columns = guess.columns
      this.#kind = guess.kind
      this.#said = guess.said
      this.#msPerUnit = guess.msPerUnit
      this.#meanTimes = guess.meanTimes
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      throw new Failure(
        error.problems.map((text) => `${path}: ${text}`),
        error.exitCode,
      )
    }
  }

  add({ fields, line }: CsvRecord): void {
    const header = this.#header
    if (fields.length !== header.length) {
      const text = `expected ${header.length} fields as in the header, got ${fields.length}`
      this.#refuse(line, text)
      return
    }
    const cell = (name: string | undefined) =>
      name === undefined ? undefined : fields[header.indexOf(name)]
    if (this.#where.some(([name, value]) => cell(name) !== value)) {
      this.#leftOut++
      return
    }
    const of = (key: MeasuredKey) => cell(this.#columns[key])
    const sizes = this.#kind === 'engine' ? this.#engineOf(of, line) : this.#sizesOf(of, line)
    const precision = this.#precisionOf(of('precision'), line)
    if (sizes === null || precision === undefined) return
    const ms = this.#msOf(of, sizes, line)
    const percentiles = this.#percentilesOf(of, line)
    if (ms !== null && percentiles !== null) {
      this.#rows.push({ line, ...sizes, precision, ms, ...percentiles })
    }
    if (this.#rows.length > MOST_ROWS) {
      const text = `expected at most ${MOST_ROWS} rows; fit a part of them, as by --where`
      throw new Failure(`${this.#path}: ${text}`)
    }
  }

  whole(lastLine: number): Measurements {
    if (this.#problems.length > 0) throw new Failure(this.#problems)
    if (this.#rows.length === 0) {
      const got = this.#leftOut === 0 ? 'none' : `none: no row has ${this.#conditions()}`
      throw new Failure(`${this.#path}:${lastLine}: expected rows, got ${got}`)
    }
    return {
      columns: this.#columns,
      said: this.#said,
      meanTimes: this.#meanTimes,
      rows: this.#rows,
      leftOut: this.#leftOut,
    }
  }

  #conditions(): string {
    return this.#where.map(([name, value]) => `${name} ${describeValue(value)}`).join(' and ')
  }

  #sizesOf(of: (key: MeasuredKey) => string | undefined, line: number): Sizes | null {
    const count = (key: MeasuredKey, least: number) => this.#countOf(key, of(key), least, line)
    // a step may have sequences that decode, prompts, or both
    const least = this.#kind === 'step' ? 0 : 1
    const batch = count('batch', least)
    const length = batch === 0 ? 0 : count('length', least)
    const prefillTokens = count('prefill_tokens', 0)
    if (batch === null || length === null || prefillTokens === null) return null
    const prefills = prefillTokens > 0 ? 1 : 0
    if (batch + prefillTokens > 0) return { batch, length, prefillTokens, prefills }
    this.#refuse(line, 'expected sequences that decode or tokens of prompts, got neither')
    return null
  }

  /**
   * The mean step of an engine with a number of requests in flight. A request with an answer of n
   * tokens is in n steps: one computes the end of its prompt, and n − 1 decode. So of c requests
   * c / n are prompts in a step, and all of them make c tokens of answers a step.
   */
  #engineOf(of: (key: MeasuredKey) => string | undefined, line: number): Sizes | null {
    const mean = (key: MeasuredKey) => this.#meanOf(key, of(key), line)
    const concurrency = this.#countOf('concurrency', of('concurrency'), 1, line)
    const [inputTokens, outputTokens] = [mean('input_tokens'), mean('output_tokens')]
    if (concurrency === null || inputTokens === null || outputTokens === null) return null
    const prefills = concurrency / outputTokens
    return {
      batch: concurrency - prefills,
      length: inputTokens + outputTokens / 2,
      prefillTokens: prefills * inputTokens,
      prefills,
      engine: { concurrency, inputTokens, outputTokens },
    }
  }

  /** A mean of at least 1; null with a problem if it is none. */
  #meanOf(key: MeasuredKey, text: string | undefined, line: number): number | null {
    const value = Number(text || Number.NaN)
    if (value >= 1 && value <= MOST_COUNT) return value
    const what = `a number from 1 to ${MOST_COUNT} in ${this.#columns[key]}`
    this.#refuse(line, `expected ${what}, got ${describeValue(text)}`)
    return null
  }

  /** A whole number; null with a problem if it is none. */
  #countOf(key: MeasuredKey, text: string | undefined, least: number, line: number): number | null {
    if (text === undefined || (text === '' && least === 0)) return 0
    const value = Number(text)
    if (text !== '' && Number.isInteger(value) && value >= least && value <= MOST_COUNT) {
      return value
    }
    const what = `a whole number from ${least} to ${MOST_COUNT} in ${this.#columns[key]}`
    this.#refuse(line, `expected ${what}, got ${describeValue(text)}`)
    return null
  }

  /** null without a column; undefined with a problem if it is empty. */
  #precisionOf(text: string | undefined, line: number): string | null | undefined {
    if (text === undefined) return null
    const plain = text.toLowerCase()
    if (plain !== '') return Object.hasOwn(PRECISIONS, plain) ? PRECISIONS[plain]! : text
    this.#refuse(line, `expected a precision in ${this.#columns.precision}, got an empty value`)
    return undefined
  }

  #msOf(
    of: (key: MeasuredKey) => string | undefined,
    { batch, length, prefillTokens, engine }: Sizes,
    line: number,
  ): number | null {
    const keys = ['ms', 'throughput_rps', 'tokens_per_s'] as const
    const key = keys.find((name) => this.#columns[name] !== undefined)!
    const value = Number(of(key) || Number.NaN)
    const ofPass = this.#kind === 'step' ? batch + prefillTokens : batch * length
    const tokens = engine?.concurrency ?? ofPass
    const requests = engine === undefined ? batch : engine.concurrency / engine.outputTokens
    const ms =
      key === 'ms'
        ? value * this.#msPerUnit(this.#columns.ms)
        : (1000 * (key === 'throughput_rps' ? requests : tokens)) / value
    if (value > 0 && ms >= 1e-6 && ms <= 1e9) return ms
    const text = `expected a number above 0 in ${this.#columns[key]}`
    this.#refuse(line, `${text}, got ${describeValue(of(key))}`)
    return null
  }

  /** Nothing without such columns; null with a problem if one of them falls. */
  #percentilesOf(
    of: (key: MeasuredKey) => string | undefined,
    line: number,
  ): Pick<MeasuredRow, 'percentiles'> | null {
    const percentiles: [PercentileKey, number][] = []
    for (const key of PERCENTILE_KEYS) {
      const text = of(key)
      if (text === undefined || text === '') continue
      const column = this.#columns[key]
      const value = Number(text) * this.#msPerUnit(column)
      const [, before = 0] = percentiles.at(-1) ?? []
      if (!(value > 0 && value >= before && value <= 1e9)) {
        const least = before === 0 ? 'above 0' : `of at least ${before} ms, the percentile before,`
        const what = `a time ${least} in ${column}`
        this.#refuse(line, `expected ${what}, got ${describeValue(text)}`)
        return null
      }
      percentiles.push([key, value])
    }
    return percentiles.length === 0 ? {} : { percentiles: Object.fromEntries(percentiles) }
  }

  #refuse(line: number, text: string): void {
    this.#problems.push(`${this.#path}:${line}: ${text}`)
    if (this.#problems.length >= MOST_PROBLEMS) throw new Failure(this.#problems)
  }
}
