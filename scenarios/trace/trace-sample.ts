import { describeValue } from '../parse/describe-value.ts'
import { linesOf } from './trace-lines.ts'
import { ParquetError, parquetRanges } from './trace-parquet.ts'
import type { TraceArrivals } from './trace-piece.ts'
import { hasOddQuotes, splitCsv } from './trace-rows.ts'

type Format = NonNullable<TraceArrivals['format']>

/** The beginning of a trace: its format, and some values of each column. */
export interface TraceSample {
  readonly format: Format
  /** by the name of the column, in the order of the file */
  readonly columns: ReadonlyMap<string, readonly unknown[]>
}

/** Why a file does not look like a trace, in words that end a message. */
export class NoTrace extends Error {}

const SAMPLED_LINES = 200

/**
 * Reads the first rows of a trace; of Parquet, the smallest and the largest values of the columns
 * of its first row group. Throws `NoTrace`, `LineError`, and `Unreadable` if the file cannot be
 * opened.
 */
export async function sampleTrace(path: string, format?: Format): Promise<TraceSample> {
  const lines = await firstLines(path)
  const [first = ''] = lines
  if (format === 'parquet' || (format === undefined && first.startsWith('PAR1'))) {
    try {
      return { format: 'parquet', columns: await parquetRanges(path) }
    } catch (error) {
      if (error instanceof ParquetError) throw new NoTrace(error.message)
      throw error
    }
  }
  if (first === '') throw new NoTrace('expected a trace, got an empty file')
  const isJson = format === undefined ? first.startsWith('{') : format === 'jsonl'
  const columns = isJson ? jsonColumns(lines) : csvColumns(lines)
  return { format: format ?? formatOf([...columns.keys()], isJson), columns }
}

async function firstLines(path: string): Promise<string[]> {
  const lines: string[] = []
  for await (const { texts } of linesOf(path)) {
    for (const text of texts) {
      const line = text.replace(/^\ufeff/, '').trim()
      if (line !== '') lines.push(line)
      if (lines.length === SAMPLED_LINES || line.startsWith('PAR1')) return lines
    }
  }
  return lines
}

function formatOf(names: readonly string[], isJson: boolean): Format {
  const has = (...wanted: string[]) => wanted.every((name) => names.includes(name))
  if (isJson) return has('timestamp', 'input_length', 'output_length') ? 'mooncake' : 'jsonl'
  if (has('TIMESTAMP', 'ContextTokens', 'GeneratedTokens')) return 'azure-llm'
  return has('Timestamp', 'Request tokens', 'Response tokens') ? 'burstgpt' : 'csv'
}

function jsonColumns(lines: readonly string[]): Map<string, unknown[]> {
  const columns = new Map<string, unknown[]>()
  for (const line of lines) {
    const row = objectIn(line)
    for (const [name, value] of Object.entries(row)) {
      if (!columns.has(name)) columns.set(name, [])
      columns.get(name)!.push(value)
    }
  }
  if (columns.size === 0) throw new NoTrace('expected a JSON object on each line, got none')
  return columns
}

function objectIn(line: string): object {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

/** Rows with a quoted line break are left out: a sample needs not every row. */
function csvColumns(lines: readonly string[]): Map<string, unknown[]> {
  const [header = '', ...rest] = lines
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a text file has none of these
  if (/[\u0000-\u0008\ufffd]/.test(header)) throw new NoTrace('expected a trace, got no text')
  const names = splitCsv(header).map((name) => name.trim())
  const separator = [';', '\t', '|'].find((sign) => names.length === 1 && header.includes(sign))
  if (separator !== undefined) {
    const sign = JSON.stringify(separator)
    throw new NoTrace(`expected fields separated by commas, got ${sign}; replace ${sign} by commas`)
  }
  if (names.some((name) => /^[-+]?\d/.test(name))) {
    const text = 'expected a header with the names of the columns, got'
    throw new NoTrace(`${text} ${describeValue(header)}; add such a line`)
  }
  const rows = rest.filter((line) => !hasOddQuotes(line)).map(splitCsv)
  const whole = rows.filter((row) => row.length === names.length)
  return new Map(names.map((name, i) => [name, whole.map((row) => row[i]!)]))
}
