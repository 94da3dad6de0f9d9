import { describeValue } from '../parse/describe-value.ts'
import { didYouMean } from '../parse/nearest.ts'
import type { RowProblem, RowValues } from './trace-values.ts'

/** Parses the lines of a trace one by one and passes on the values of its rows. */
interface RowReader {
  line(text: string, line: number): void
  /** called after the last line, for unfinished input such as an open quoted field */
  end(): void
}

/** A quoted field can span lines, but an unclosed quote must not consume the whole file. */
const MAX_QUOTED_LINES = 1000
const MAX_QUOTED_CHARACTERS = 1 << 20

export function csvReader(rows: RowValues, problem: RowProblem): RowReader {
  const { columns } = rows
  let header: Readonly<Record<'size' | 'time' | 'input' | 'output' | 'class', number>> | null = null
  // lines of a record with an open quoted field; joining them one by one would take quadratic time
  let open: string[] = []
  let openedAt = 0
  let characters = 0
  const row = (text: string, line: number) => {
    const fields = splitCsv(text)
    if (!header) {
      const names = fields.map((field) => field.trim())
      const at = (name: string | null) => {
        if (name === null) return -1
        const index = names.indexOf(name)
        const column = `the column ${JSON.stringify(name)}`
        if (index < 0) {
          const got = `${describeValue(names.join(', '))}${didYouMean(name, names)}`
          problem(line, `expected ${column}, got ${got}`, true)
        } else if (names.lastIndexOf(name) !== index) {
          problem(line, `expected ${column} once, got it twice`, true)
        }
        return index
      }
      header = {
        size: fields.length,
        time: at(columns.time),
        input: at(columns.inputTokens),
        output: at(columns.outputTokens),
        class: at(columns.class),
      }
    } else if (fields.length !== header.size) {
      problem(line, `expected ${header.size} fields as in the header, got ${fields.length}`)
    } else {
      const { time, input, output, class: kind } = header
      const raw = { time: fields[time], input: fields[input], output: fields[output] }
      rows.add(kind < 0 ? raw : { ...raw, class: fields[kind] }, line)
    }
  }
  return {
    line: (text, line) => {
      const wasOpen = open.length > 0
      const odd = hasOddQuotes(text)
      if (!wasOpen && !odd) {
        if (text.trim() !== '') row(text, line)
        return
      }
      if (!wasOpen) [openedAt, characters] = [line, 0]
      characters += text.length
      open.push(text)
      if (wasOpen !== odd) {
        if (line - openedAt <= MAX_QUOTED_LINES && characters <= MAX_QUOTED_CHARACTERS) return
        open = []
        problem(openedAt, 'expected a closing quote, got none')
        return
      }
      const whole = open.join('\n')
      open = []
      row(whole, openedAt)
    },
    end: () => {
      if (open.length > 0) problem(openedAt, 'expected a closing quote, got the end of the file')
      else if (!header) problem(1, 'expected a header with column names, got an empty file')
    },
  }
}

export function jsonlReader(rows: RowValues, problem: RowProblem): RowReader {
  const { time, inputTokens, outputTokens, prefix, class: kind } = rows.columns
  const keys = [time, inputTokens, outputTokens].filter((key) => key !== null)
  return {
    line: (text, line) => {
      const trimmed = text.replace(/^\ufeff/, '').trim()
      if (trimmed === '') return
      let value: unknown
      try {
        value = JSON.parse(trimmed)
      } catch {
        return problem(line, `expected a JSON object, got ${describeValue(trimmed)}`)
      }
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return problem(line, `expected a JSON object, got ${describeValue(value)}`)
      }
      const object = value as Record<string, unknown>
      for (const key of keys) {
        if (Object.hasOwn(object, key)) continue
        const hint = didYouMean(key, Object.keys(object))
        return problem(line, `expected the key ${JSON.stringify(key)}, got none${hint}`)
      }
      const cell = (key: string | null) => (key === null ? undefined : object[key])
      rows.add(
        {
          time: object[time],
          input: cell(inputTokens),
          output: cell(outputTokens),
          prefix: cell(prefix),
          class: cell(kind),
        },
        line,
      )
    },
    end: () => {},
  }
}

export function hasOddQuotes(text: string): boolean {
  let quotes = 0
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes++
  return quotes % 2 === 1
}

/** Splits a record at its commas; quoted fields can contain commas and doubled quotes. */
export function splitCsv(record: string): string[] {
  if (!record.includes('"')) return record.split(',')
  const fields: string[] = []
  let field = ''
  let quoted = false
  for (let i = 0; i < record.length; i++) {
    const c = record[i]!
    if (c === '"' && quoted && record[i + 1] === '"') {
      field += '"'
      i++
    } else if (c === '"') quoted = !quoted
    else if (c === ',' && !quoted) {
      fields.push(field)
      field = ''
    } else field += c
  }
  fields.push(field)
  return fields
}
