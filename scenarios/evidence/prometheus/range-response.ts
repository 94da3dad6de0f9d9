import { describeValue, shortened } from '../../parse/describe-value.ts'
import { hasFewValues } from '../../parse/json-size.ts'

/**
 * Responses of Prometheus to a query over a range, as `/api/v1/query_range` gives them, or
 * `/api/v1/query` for `NAME[1h]`. Their format: Prometheus 2.53, docs/querying/api.md.
 */

/** What is wrong with a response or with the figures in it, without the name of its file. */
export class PrometheusProblem extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PrometheusProblem'
  }
}

/** Samples of one metric with one set of labels. */
export interface Series {
  /** name of the metric; '' where the response has none */
  readonly name: string
  /** without the name of the metric */
  readonly labels: ReadonlyMap<string, string>
  /** s since 1970, rising */
  readonly times: Float64Array
  /** as many; NaN and infinite where the server has these */
  readonly values: Float64Array
}

/** Series by the name of their metric. */
export type SeriesByName = ReadonlyMap<string, readonly Series[]>

export interface RangeResponse {
  readonly series: readonly Series[]
  /** what the server reports beside a result */
  readonly warnings: readonly string[]
}

/** Larger texts take gigabytes as objects. */
export const MOST_RESPONSE_BYTES = 64 * 2 ** 20
/** Values, lists and objects of a text; a sample has three. */
const MOST_VALUES = 10_000_000
const LAST_S = 1e11

/** A parsed response. `at`: its place in the file, such as `responses.`. */
export function readRangeResponse(document: unknown, at = ''): RangeResponse {
  const response = mapAt(document, at.replace(/\W+$/, '') || 'response')
  const status = own(response, 'status')
  if (status === 'error') {
    const [kind, text] = [own(response, 'errorType'), own(response, 'error')]
    throw new PrometheusProblem(
      `${at}status: the server reports ${textOr(kind, 'an error')}: ${textOr(text, 'no reason')}`,
    )
  }
  if (status !== 'success') throw unexpected(`${at}status`, 'success or error', status)
  const data = mapAt(own(response, 'data'), `${at}data`)
  const type = own(data, 'resultType')
  if (type !== 'matrix') {
    const hint = type === 'vector' ? '; query a range: /api/v1/query_range' : ''
    throw unexpected(`${at}data.resultType`, 'matrix', type, hint)
  }
  const result = listAt(own(data, 'result'), `${at}data.result`)
  return {
    series: result.map((entry, i) => seriesOf(entry, `${at}data.result[${i}]`)),
    warnings: warningsOf(own(response, 'warnings'), `${at}warnings`),
  }
}

/** The JSON of one response. */
export function parseRangeResponse(text: string): RangeResponse {
  expectFewValues(text)
  return readRangeResponse(parsed(text))
}

/**
 * A saved file: one response, a map of responses by the names of their metrics, or JSON Lines with
 * a response on each. Series without a name have that of their key.
 */
export function readSavedResponses(text: string): RangeResponse {
  expectFewValues(text)
  const responses = isLines(text) ? linesOf(text) : documentOf(parsed(text))
  return {
    series: responses.flatMap(({ series }) => series),
    warnings: responses.flatMap(({ warnings }) => warnings),
  }
}

/** Whether a text has several maps, each on its line. */
const isLines = (text: string) => /^\s*\{.*\}[ \t\r]*\n\s*\{/.test(text)

function linesOf(text: string): readonly RangeResponse[] {
  return text
    .split('\n')
    .flatMap((line, i) =>
      line.trim() === ''
        ? []
        : [readRangeResponse(parsed(line, `line ${i + 1}: `), `line ${i + 1}: `)],
    )
}

function documentOf(document: unknown): readonly RangeResponse[] {
  const root = mapAt(document, 'response')
  if (typeof own(root, 'status') === 'string') return [readRangeResponse(root)]
  const entries = Object.entries(root)
  if (entries.length === 0) throw new PrometheusProblem('expected a response, got an empty map')
  return entries.map(([name, response]) => {
    const { series, warnings } = readRangeResponse(response, `${shortened(name)}.`)
    return { series: series.map((one) => (one.name === '' ? { ...one, name } : one)), warnings }
  })
}

/**
 * Series by the name of their metric. The pieces of one series are joined: those of later queries,
 * which may repeat samples.
 */
export function seriesByName(series: readonly Series[]): SeriesByName {
  const pieces = new Map<string, Series[]>()
  for (const piece of series) {
    const labels = [...piece.labels].sort(([a], [b]) => (a < b ? -1 : 1))
    pushTo(pieces, JSON.stringify([piece.name, labels]), piece)
  }
  const byName = new Map<string, Series[]>()
  for (const parts of pieces.values()) pushTo(byName, parts[0]!.name, join(parts))
  return byName
}

function pushTo(lists: Map<string, Series[]>, key: string, series: Series): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [series])
  else list.push(series)
}

function join(pieces: readonly Series[]): Series {
  if (pieces.length === 1) return pieces[0]!
  const samples = pieces
    .flatMap(({ times, values }) => Array.from(times, (time, i) => [time, values[i]!] as const))
    .sort(([a], [b]) => a - b)
  const kept = samples.filter(([time, value], i) => {
    const [before, valueBefore] = samples[i - 1] ?? [Number.NaN, 0]
    if (time === before && !Object.is(value, valueBefore)) {
      const problem = `expected one value at ${time}, got ${valueBefore} and ${value}`
      throw new PrometheusProblem(`${shortened(pieces[0]!.name)}: ${problem}`)
    }
    return time !== before
  })
  return {
    ...pieces[0]!,
    times: Float64Array.from(kept, ([time]) => time),
    values: Float64Array.from(kept, ([, value]) => value),
  }
}

function seriesOf(entry: unknown, at: string): Series {
  const map = mapAt(entry, at)
  const metric = mapAt(own(map, 'metric'), `${at}.metric`)
  const labels = new Map<string, string>()
  for (const [label, value] of Object.entries(metric)) {
    const place = `${at}.metric.${shortened(label)}`
    if (typeof value !== 'string') throw unexpected(place, 'a text', value)
    labels.set(label, value)
  }
  const name = labels.get('__name__') ?? ''
  labels.delete('__name__')
  if (own(map, 'values') === undefined && own(map, 'histograms') !== undefined) {
    const problem = 'expected values, got native histograms, which are not read'
    throw new PrometheusProblem(`${at}: ${problem}`)
  }
  const samples = listAt(own(map, 'values'), `${at}.values`)
  const times = new Float64Array(samples.length)
  const values = new Float64Array(samples.length)
  for (const [i, sample] of samples.entries()) {
    const place = `${at}.values[${i}]`
    const pair = listAt(sample, place)
    if (pair.length !== 2) throw unexpected(place, 'a time and a value', pair)
    times[i] = timeOf(pair[0], `${place}[0]`, times[i - 1] ?? Number.NEGATIVE_INFINITY)
    values[i] = numberAt(pair[1], `${place}[1]`)
  }
  return { name, labels, times, values }
}

function timeOf(time: unknown, at: string, before: number): number {
  const isTime = typeof time === 'number' && time >= 0 && time < LAST_S
  if (!isTime) throw unexpected(at, 'a time in s since 1970', time)
  if (time > before) return time
  throw unexpected(at, `a time after ${before}`, time)
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i
const LONGEST_NUMBER = 400
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['+Inf', Number.POSITIVE_INFINITY],
  ['Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
])

/** The number of a text, as the server writes numbers; undefined for another text. */
export function numberIn(text: string): number | undefined {
  const isNumber = text.length <= LONGEST_NUMBER && NUMBER.test(text)
  return isNumber ? Number(text) : SPECIAL.get(text)
}

function numberAt(value: unknown, at: string): number {
  const number = typeof value === 'string' ? numberIn(value) : undefined
  if (number === undefined) throw unexpected(at, 'a number as text', value)
  return number
}

function warningsOf(warnings: unknown, at: string): readonly string[] {
  if (warnings === undefined || warnings === null) return []
  return listAt(warnings, at).map((warning) => textOr(warning, 'a warning without a text'))
}

/** Throws for a text that would fill the memory as objects. */
function expectFewValues(text: string): void {
  if (text.length <= MOST_RESPONSE_BYTES && hasFewValues(text, MOST_VALUES)) return
  const values = MOST_VALUES.toLocaleString('en-US')
  throw new PrometheusProblem(`expected at most 64 MiB and ${values} values, got more`)
}

function parsed(text: string, at = ''): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new PrometheusProblem(`${at}not JSON (${(error as Error).message})`)
  }
}

const isMap = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function mapAt(value: unknown, at: string): object {
  if (!isMap(value)) throw unexpected(at, 'a map', value)
  return value
}

function listAt(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unexpected(at, 'a list', value)
  return value
}

/** A value that the map has itself: no prototype counts. */
const own = (map: object, key: string): unknown =>
  Object.hasOwn(map, key) ? Reflect.get(map, key) : undefined

const textOr = (value: unknown, other: string) =>
  typeof value === 'string' ? shortened(value) : other

const unexpected = (at: string, expected: string, value: unknown, hint = '') =>
  new PrometheusProblem(`${at}: expected ${expected}, got ${describeValue(value)}${hint}`)
