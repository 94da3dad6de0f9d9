import { Failure } from '../../../scenarios/failure.ts'
import { RequestList } from './request-list.ts'

const LINES_AT_ONCE = 1000
const MAX_PROBLEMS = 10
const MAX_LENGTH = 1e9
const MAX_NUMBER = 2 ** 31 - 1
/** The longest duration_s, 10^7 s. */
const MAX_AT_MS = 1e10

/** A request list as JSON Lines with the keys of `parseLine`, in chunks. */
export function* requestText(list: RequestList, classes: readonly string[]): Generator<string> {
  const { at, inputTokens, outputTokens, class: numbers, prefixes } = list.columns
  for (let from = 0; from < list.count; from += LINES_AT_ONCE) {
    let chunk = ''
    for (let i = from; i < Math.min(list.count, from + LINES_AT_ONCE); i++) {
      const row = { at_ms: at[i]!, class: classes[numbers[i]!]!, input_tokens: inputTokens[i]! }
      const generated = outputTokens[i]! > 0 ? { output_tokens: outputTokens[i]! } : {}
      const prefix = prefixes?.[i]
      const hashes = prefix ? { hash_ids: Array.from(prefix) } : {}
      chunk += `${JSON.stringify({ ...row, ...generated, ...hashes })}\n`
    }
    yield chunk
  }
}

/** Reads lines of `requestText`. Throws `Failure` with `file:line: problem` for the first ones. */
export function parseRequests(
  lines: readonly string[],
  classes: readonly string[],
  file: string,
): RequestList {
  const problems: string[] = []
  const rows: Row[] = []
  lines.forEach((line, i) => {
    if (line === '' || problems.length >= MAX_PROBLEMS) return
    const parsed = parseLine(line, classes, rows.at(-1)?.at ?? 0)
    if (typeof parsed === 'string') problems.push(`${file}:${i + 1}: ${parsed}`)
    else rows.push(parsed)
  })
  if (problems.length > 0) throw new Failure(problems)
  const list = RequestList.allocate(rows.length)
  rows.forEach(({ at, number, length, output }, i) => {
    list.columns.at[i] = at
    list.columns.class[i] = number
    list.columns.inputTokens[i] = length
    list.columns.outputTokens[i] = output
  })
  return list.with(rows.map(({ prefix }) => prefix))
}

interface Row {
  readonly at: number
  readonly number: number
  readonly length: number
  readonly output: number
  readonly prefix: Int32Array | null
}

function parseLine(line: string, classes: readonly string[], previous: number): Row | string {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return `expected a JSON object, got ${line.slice(0, 40)}`
  }
  const fields = (value ?? {}) as Record<string, unknown>
  const { at_ms: at, class: name, input_tokens: length, output_tokens: output = 0 } = fields
  const { hash_ids: prefix = null } = fields
  if (typeof at !== 'number' || !(at >= previous)) {
    return `at_ms: expected a number of at least ${previous}, in order of time, got ${show(at)}`
  }
  if (at > MAX_AT_MS) return `at_ms: expected a number of at most ${MAX_AT_MS}, got ${show(at)}`
  const number = classes.indexOf(name as string)
  if (number < 0) return `class: expected one of ${classes.join(', ')}, got ${show(name)}`
  if (!isWhole(length, 1)) return `input_tokens: ${wholeNumber(1)}, got ${show(length)}`
  if (!isWhole(output, 0)) return `output_tokens: ${wholeNumber(0)}, got ${show(output)}`
  if (prefix !== null && !isPrefix(prefix)) {
    return `hash_ids: expected a list of whole numbers from 0 to ${MAX_NUMBER}, got ${show(prefix)}`
  }
  return { at, number, length, output, prefix: prefix && Int32Array.from(prefix) }
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= MAX_LENGTH
}

function isPrefix(value: unknown): value is number[] {
  if (!Array.isArray(value) || value.length === 0) return false
  return value.every((item) => Number.isInteger(item) && item >= 0 && item <= MAX_NUMBER)
}

const wholeNumber = (least: number) => `expected a whole number from ${least} to ${MAX_LENGTH}`

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  return typeof value === 'number' ? String(value) : JSON.stringify(value).slice(0, 40)
}
