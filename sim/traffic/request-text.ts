import { Failure } from '../../scenarios/failure.ts'
import { RequestList } from './request-list.ts'

const LINES_AT_ONCE = 1000
const MAX_PROBLEMS = 10
const MAX_LENGTH = 1e9

/** A request list as JSON Lines, in chunks: {"at_ms", "class", "input_tokens"} and outputs. */
export function* requestText(list: RequestList, classes: readonly string[]): Generator<string> {
  const { at, length, output, class: numbers } = list.columns
  for (let from = 0; from < list.count; from += LINES_AT_ONCE) {
    let chunk = ''
    for (let i = from; i < Math.min(list.count, from + LINES_AT_ONCE); i++) {
      const own = { at_ms: at[i]!, class: classes[numbers[i]!]!, input_tokens: length[i]! }
      const generated = output[i]! > 0 ? { output_tokens: output[i]! } : {}
      chunk += `${JSON.stringify({ ...own, ...generated })}\n`
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
  const rows: { at: number; number: number; length: number; output: number }[] = []
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
  rows.forEach(({ at, number, length, output }, i) => {
    list.columns.at[i] = at
    list.columns.class[i] = number
    list.columns.length[i] = length
    list.columns.output[i] = output
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
  const fields = (value ?? {}) as Record<string, unknown>
  const { at_ms: at, class: name, input_tokens: length, output_tokens: output = 0 } = fields
  if (typeof at !== 'number' || !Number.isFinite(at) || at < previous) {
    return `at_ms: expected a number of at least ${previous}, as the line before, got ${show(at)}`
  }
  const number = classes.indexOf(name as string)
  if (number < 0) return `class: expected one of ${classes.join(', ')}, got ${show(name)}`
  if (!isWhole(length, 1)) return `input_tokens: ${wholeNumber(1)}, got ${show(length)}`
  if (!isWhole(output, 0)) return `output_tokens: ${wholeNumber(0)}, got ${show(output)}`
  return { at, number, length, output }
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= MAX_LENGTH
}

const wholeNumber = (least: number) => `expected a whole number from ${least} to ${MAX_LENGTH}`

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  return typeof value === 'number' ? String(value) : JSON.stringify(value).slice(0, 40)
}
