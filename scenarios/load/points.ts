import { EXIT, Failure } from '../failure.ts'
import { describeValue } from '../parse/describe-value.ts'
import { MOST_CONFIGURATIONS } from '../parse/dimensions.ts'
import { splitOverride } from '../parse/option-values.ts'
import { hasOddQuotes, splitCsv } from '../trace/trace-rows.ts'
import { readUserFile, Unreadable } from './user-file.ts'

/** A list of configurations: what each sets, by the same paths. */
interface Points {
  /** paths of scenario values, as in `--set` */
  readonly paths: readonly string[]
  /** a row for each configuration, with a value for each path, as text */
  readonly rows: readonly (readonly string[])[]
}

/** The manifest of a sweep holds all of it. */
const MOST_BYTES = 32e6
/** More problems add nothing. */
const MOST_PROBLEMS = 20

/** Reads a CSV file of configurations. Throws `Failure` with the line and column of problems. */
export async function readPoints(file: string): Promise<Points> {
  try {
    return parsePoints((await readUserFile(file, MOST_BYTES)).toString('utf8'), file)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    throw new Failure(`${file}: ${error.message}`)
  }
}

/**
 * Parses CSV whose header names paths of scenario values and whose rows have a value for each; a
 * value with commas stands in quotes. Throws `Failure`.
 */
export function parsePoints(text: string, file: string): Points {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/)
  const problems: string[] = []
  const at = (line: number, column?: number) => {
    const where = column === undefined ? '' : `, column ${column + 1} (${paths[column]})`
    return `${file}:${line}${where}`
  }
  const header = lines.findIndex((line) => line.trim() !== '')
  const paths = header < 0 ? [] : splitCsv(lines[header]!).map((name) => name.trim())
  if (header < 0) {
    problems.push(`${file}: expected a header with paths such as pools.0.replicas, got no line`)
  }
  for (const [column, path] of paths.entries()) {
    const where = `${file}:${header + 1}, column ${column + 1}`
    if (splitOverride(`${path}=`) === null) {
      problems.push(
        `${where}: expected a path such as pools.0.replicas, got ${describeValue(path)}`,
      )
    } else if (paths.indexOf(path) < column) {
      problems.push(`${where}: expected each path once, got ${describeValue(path)} twice`)
    }
  }
  const rows: string[][] = []
  const lineOf = new Map<string, number>()
  for (const [i, line] of lines.entries()) {
    if (i <= header || line.trim() === '') continue
    const values = splitCsv(line).map((value) => value.trim())
    const key = JSON.stringify(values)
    const empty = values.indexOf('')
    if (hasOddQuotes(line)) {
      problems.push(`${at(i + 1)}: expected a closing quote on the same line, got none`)
    } else if (values.length !== paths.length) {
      const wanted = `${paths.length} values as in the header`
      problems.push(`${at(i + 1)}: expected ${wanted}, got ${values.length}; quote commas`)
    } else if (empty >= 0) {
      problems.push(`${at(i + 1, empty)}: expected a value, got none; null removes the key`)
    } else if (lineOf.has(key)) {
      problems.push(`${at(i + 1)}: the same configuration as line ${lineOf.get(key)}; remove one`)
    }
    if (!lineOf.has(key)) lineOf.set(key, i + 1)
    rows.push(values)
  }
  if (problems.length === 0 && rows.length === 0) {
    problems.push(`${at(header + 1)}: expected a line for each configuration, got only the header`)
  }
  if (rows.length > MOST_CONFIGURATIONS) {
    const [most, got] = [MOST_CONFIGURATIONS, rows.length].map((n) => n.toLocaleString('en-US'))
    throw new Failure(`${file}: ${got} configurations, at most ${most}; use fewer`, EXIT.usage)
  }
  const left = problems.length - MOST_PROBLEMS
  if (left > 0) problems.splice(MOST_PROBLEMS, left, `${file}: … and ${left} more`)
  if (problems.length > 0) throw new Failure(problems)
  return { paths, rows }
}
