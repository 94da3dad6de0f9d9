import { Failure } from '../../scenarios/failure.ts'
import { RequestList } from './request-list.ts'

const LINES_AT_ONCE = 1000
const MAX_PROBLEMS = 10
const MAX_LENGTH = 1e9

/** A request list as JSON Lines, {"at_ms", "class", "input_tokens"} each, in chunks of lines. */
export function* requestText(list: RequestList, classes: readonly string[]): Generator<string> {
  const { at, length, class: numbers } = list.columns
  for (let from = 0; from < list.count; from += LINES_AT_ONCE) {
    let chunk = ''
    for (let i = from; i < Math.min(list.count, from + LINES_AT_ONCE); i++) {
      const request = { at_ms: at[i]!, class: classes[numbers[i]!]!, input_tokens: length[i]! }
      chunk += `${JSON.stringify(request)}\n`
    }
    yield chunk
  }
}

/**
 * Reads what `requestText` wrote, from its lines. Throws `Failure` with `file:line: problem` for
 * the first bad ones.
 */
export function parseRequests(
  lines: readonly string[],
  classes: readonly string[],
  file: string,
): RequestList {
  const problems: string[] = []
  const rows: { at: number; number: number; length: number }[] = []
  lines.forEach((line, i) => {
    if (line === '' || problems.length >= MAX_PROBLEMS) return
    const parsed = parseLine(line, classes, rows.at(-1)?.at ?? 0)
    if (typeof parsed === 'string') problems.push(`${file}:${i + 1}: ${parsed}`)
    else rows.push(parsed)
  })
  if (problems.length === 0 && rows.length === 0)
    problems.push(`${file}:1: expected requests, got none`)
  if (problems.length > 0) throw new Failure(problems)
  const list = RequestList.allocate(rows.length)
  rows.forEach(({ at, number, length }, i) => {
    list.columns.at[i] = at
    list.columns.class[i] = number
    list.columns.length[i] = length
  })
  return list
}

function parseLine(line: string, classes: readonly string[], previous: number) {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return `expected a JSON object, got ${line.slice(0, 40)}`
  }
  const { at_ms: at, class: name, input_tokens: length } = (value ?? {}) as Record<string, unknown>
  if (typeof at !== 'number' || !Number.isFinite(at) || at < previous) {
    return `at_ms: expected a number of at least ${previous}, as the line before, got ${show(at)}`
  }
  const number = classes.indexOf(name as string)
  if (number < 0) return `class: expected one of ${classes.join(', ')}, got ${show(name)}`
  if (!Number.isInteger(length) || (length as number) < 1 || (length as number) > MAX_LENGTH) {
    const range = `a whole number from 1 to ${MAX_LENGTH}`
    return `input_tokens: expected ${range}, got ${show(length)}`
  }
  return { at, number, length: length as number }
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  return typeof value === 'number' ? String(value) : JSON.stringify(value).slice(0, 40)
}
