import { EXIT, Failure } from '../failure.ts'
import { didYouMean } from '../parse/nearest.ts'
import { namedUnit, wordsOf } from '../trace/column-names.ts'
import {
  MEASURED,
  type MeasuredKey,
  type MeasurementColumns,
  measuredKeys,
} from './measured-keys.ts'

/** Percentiles of the times of a batch or step. */
export const PERCENTILE_KEYS = ['p50', 'p90', 'p95', 'p99'] as const
export type PercentileKey = (typeof PERCENTILE_KEYS)[number]

/** Which column holds what, and what was guessed of that, as a sentence; null if nothing was. */
interface ColumnGuess {
  readonly columns: MeasurementColumns
  readonly kind: RowKind
  /** milliseconds in a unit of a column of times */
  readonly msPerUnit: (column: string | undefined) => number
  readonly said: string | null
  /** whether times are means, not percentiles */
  readonly meanTimes: boolean
}

/** What a row is of: a batch, a step of a decoder, or an engine at a concurrency. */
export type RowKind = 'batch' | 'step' | 'engine'

export interface ColumnOptions {
  /** of a transformer that decodes, a batch is a step */
  readonly decodes: boolean
  /** names a key as the user would set it */
  readonly key: (name: string) => string
}

/** Times and throughputs; of several that are there, the first is used. */
const TIMES = ['ms', 'throughput_rps', 'tokens_per_s'] as const

/**
 * Guesses from the names in the header what is not stated. Where two columns fit equally, or a
 * needed one is missing, it throws `Failure` with everything that the user must state. Columns are
 * named in the problems, not the file.
 */
export function guessColumns(
  header: readonly string[],
  stated: MeasurementColumns,
  { decodes, key }: ColumnOptions,
): ColumnGuess {
  const isConcurrency = (column: string) => namedMeasure(column, 'engine') === 'concurrency'
  const ofEngine = stated.concurrency !== undefined || header.some(isConcurrency)
  const ofDecoder = ofEngine ? 'engine' : 'step'
  const kind = decodes ? ofDecoder : 'batch'
  const problems: string[] = []
  for (const [name, column] of Object.entries(stated)) {
    if (header.includes(column)) continue
    const text = `expected one of ${header.join(', ')}, got "${column}"`
    problems.push(`${key(name)}: ${text}${didYouMean(column, header)}`)
  }
  const taken = Object.values(stated)
  const open = header.filter((name) => !taken.includes(name))
  const guessed = new Map<MeasuredKey, string>()
  const wanted = measuredKeys.filter((name) => stated[name] === undefined)
  const statedTime = TIMES.some((name) => stated[name] !== undefined)
  for (const name of wanted) {
    const isTime = (TIMES as readonly string[]).includes(name)
    if (isTime && (statedTime || TIMES.some((time) => guessed.has(time)))) continue
    const fitting = open.filter((column) => namedMeasure(column, kind) === name)
    if (fitting.length > 1) {
      const columns = fitting.map((column) => `\`${column}\``).join(' and ')
      problems.push(`${columns} may each be ${MEASURED[name]}; set ${key(name)} to one of them`)
      guessed.set(name, fitting[0]!)
    } else if (fitting.length === 1) guessed.set(name, fitting[0]!)
  }
  // a table of medians alone: they are its times
  const middle = guessed.get('p50')
  const timed = statedTime || TIMES.some((time) => guessed.has(time))
  if (middle !== undefined && !timed && kind !== 'engine') guessed.set('ms', middle)
  const chosen: MeasurementColumns = { ...stated, ...Object.fromEntries(guessed) }
  const timesAre = chosen.ms === undefined ? null : namedMeasure(chosen.ms, kind)
  const columns = timesAre === 'p50' ? { p50: chosen.ms!, ...chosen } : chosen
  problems.push(
    ...(kind === 'engine' ? missingOfEngine(columns, key) : missing(columns, decodes, key)).map(
      (text) => `${text}; got ${header.join(', ')}`,
    ),
  )
  if (problems.length > 0) throw new Failure(problems, EXIT.usage)
  const unit = columns.ms === undefined ? null : namedUnit(columns.ms)
  const msPerUnit = (column = '') => MS_PER[namedUnit(column) ?? unit ?? 'ms']
  const meanTimes = !(PERCENTILE_KEYS as readonly (string | null)[]).includes(timesAre)
  return { columns, kind, msPerUnit, meanTimes, said: saidOf(guessed, unit) }
}

function openKeys(columns: MeasurementColumns, key: ColumnOptions['key']) {
  return {
    none: (name: MeasuredKey) => columns[name] === undefined,
    ask: (name: MeasuredKey) => `no column is recognised as ${MEASURED[name]}; set ${key(name)}`,
  }
}

function missing(
  columns: MeasurementColumns,
  decodes: boolean,
  key: ColumnOptions['key'],
): string[] {
  const { none, ask } = openKeys(columns, key)
  const problems: string[] = []
  if (TIMES.every(none)) problems.push(ask('ms'))
  if (decodes && none('batch') && none('prefill_tokens')) problems.push(ask('batch'))
  if (!decodes && none('batch')) problems.push(ask('batch'))
  if ((!decodes || !none('batch')) && none('length')) problems.push(ask('length'))
  if (!decodes && !none('prefill_tokens')) {
    problems.push(`remove ${key('prefill_tokens')}: an encoder has no prefill`)
  }
  if (decodes && !none('throughput_rps')) {
    const other = `${key('ms')} or ${key('tokens_per_s')}`
    problems.push(
      `${columns.throughput_rps}: requests/s leave the time of a step open; set ${other}`,
    )
  }
  return problems
}

/** Columns of a benchmark of an engine, whose rows are mean steps. */
function missingOfEngine(columns: MeasurementColumns, key: ColumnOptions['key']): string[] {
  const { none, ask } = openKeys(columns, key)
  const wanted = ['concurrency', 'input_tokens', 'output_tokens'] as const
  const excluded = ['batch', 'length', 'prefill_tokens', 'ms', ...PERCENTILE_KEYS] as const
  return [
    ...wanted.filter(none).map(ask),
    ...(none('tokens_per_s') && none('throughput_rps') ? [ask('tokens_per_s')] : []),
    ...excluded
      .filter((name) => !none(name))
      .map((name) => `remove ${key(name)}: the step follows from ${ENGINE_COLUMNS}`),
  ]
}

const ENGINE_COLUMNS = 'the concurrency, the mean tokens and the throughput of the engine'

const MS_PER = { s: 1000, ms: 1, us: 0.001, ns: 1e-6 }

function saidOf(guessed: ReadonlyMap<MeasuredKey, string>, unit: string | null): string | null {
  if (guessed.size === 0) return null
  const parts = [...guessed].map(([name, column]) => {
    const assumed = name === 'ms' && unit !== 'ms' ? ` (${unit ?? 'ms assumed'})` : ''
    return name === column ? `\`${column}\`${assumed}` : `\`${column}\` as ${name}${assumed}`
  })
  return `columns ${parts.join(', ')}`
}

const has = (words: readonly string[], ...names: readonly string[]) =>
  words.some((word) => names.includes(word))

const BATCH = 'batch batches bs batchsize sequences seqs'.split(' ')
const LENGTH = 'length lengths len seq seqlen tokens context past kv'.split(' ')
const PREFILL = 'prefill prompt prompts input'.split(' ')
const PRECISION = 'precision dtype'.split(' ')
const TIME = 'ms time latency duration elapsed took'.split(' ')
const REQUESTS = 'request requests req reqs sequence sequences seq sample samples inference'.split(
  ' ',
)
const TOKENS = 'token tokens tok toks'.split(' ')

/** What the name of a column tells of its values; null if that is nothing. */
export function namedMeasure(column: string, kind: RowKind): MeasuredKey | null {
  const words = wordsOf(column)
  if (has(words, ...PRECISION)) return 'precision'
  if (kind === 'engine') return engineMeasure(column, words)
  const percentile = PERCENTILE_KEYS.find((key) => words.includes(key))
  if (percentile !== undefined) return percentile
  if (has(words, 'median')) return 'p50'
  if (isRate(column, words)) {
    if (has(words, 'tps', ...TOKENS)) return 'tokens_per_s'
    return has(words, 'throughput', 'rps', 'qps', ...REQUESTS) ? 'throughput_rps' : null
  }
  const unit = namedUnit(column)
  if (has(words, ...TIME) || unit !== null) return 'ms'
  if (has(words, ...BATCH)) return 'batch'
  if (kind === 'batch') return has(words, ...LENGTH) ? 'length' : null
  if (has(words, ...PREFILL)) return 'prefill_tokens'
  // tokens alone are all that a pass computes
  if (has(words, ...TOKENS) && !has(words, 'context', 'past', 'kv')) return 'prefill_tokens'
  return has(words, ...LENGTH) ? 'length' : null
}

const isRate = (column: string, words: readonly string[]) =>
  has(words, 'per', 'throughput', 'rps', 'qps', 'tps') || /\/\s*s(ec)?\b/i.test(column)

const CONCURRENCY = 'concurrency concurrent clients users'.split(' ')
const ANSWER = 'output answer answers completion completions generated decode'.split(' ')

/** As benchmarks of engines name their columns: times of requests are none of a step. */
function engineMeasure(column: string, words: readonly string[]): MeasuredKey | null {
  if (isRate(column, words)) {
    if (has(words, 'total', ...PREFILL)) return null
    if (has(words, 'tps', ...TOKENS)) return 'tokens_per_s'
    return has(words, 'throughput', 'rps', 'qps', ...REQUESTS) ? 'throughput_rps' : null
  }
  if (has(words, ...CONCURRENCY)) return 'concurrency'
  if (has(words, ...TIME) || namedUnit(column) !== null) return null
  if (has(words, ...PREFILL)) return 'input_tokens'
  return has(words, ...ANSWER) ? 'output_tokens' : null
}
