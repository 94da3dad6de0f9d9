import type { Gate } from '../../sim/documents/index.ts'
import { caseName, metricName } from './gate-rows.ts'

/** The commit that a row is of. */
interface CommitRow {
  /** ISO 8601 */
  readonly time: string
  readonly commit: string
}

const KEYS = ['time', 'commit']

/**
 * The history of a gate with one more row: a row a commit, a column a metric, as change-point tools
 * such as Apache Otava read it. Of a prediction gate a metric is its value, of others the ratio. A
 * scenario without a base has its figures. Two columns have the interval of the base where it has
 * one, and one has the warnings. A new metric adds a column, which is empty in the rows before. A
 * row of the same commit is replaced. `before`: the text so far; null for none.
 */
export function gateCsv(before: string | null, gate: Gate, { time, commit }: CommitRow): string {
  const earlier = before === null ? [] : rowsOf(before)
  const [header = KEYS, ...rows] = earlier
  const values = new Map<string, string>([
    ['time', time],
    ['commit', commit],
  ])
  // after all metrics: they are about these
  const intervals = new Map<string, string>()
  for (const gateCase of gate.cases) {
    const { metrics, figures = [] } = gateCase
    const name = caseName(gate, gateCase)
    for (const figure of gate.gate === 'prediction' ? figures : []) {
      if (figure.value === null) continue
      values.set(`${name}/${metricName(figure)}`, sixDigits(figure.value))
    }
    for (const metric of metrics) {
      const value = gate.gate === 'prediction' ? metric.head : metric.ratio
      if (value === null) continue
      const column = `${name}/${metricName(metric)}`
      values.set(column, sixDigits(value))
      const { base_low: low, base_high: high } = metric
      if (low === undefined || high === undefined) continue
      intervals.set(`${column}, low of base`, sixDigits(low))
      intervals.set(`${column}, high of base`, sixDigits(high))
    }
  }
  for (const [column, value] of intervals) values.set(column, value)
  if (gate.warnings.length > 0) values.set('warnings', gate.warnings.join('; '))
  const columns = [...header, ...[...values.keys()].filter((key) => !header.includes(key))]
  const at = header.indexOf('commit')
  const others = rows.filter((row) => commit === '' || row[at] !== commit)
  return [columns, ...others, columns.map((key) => values.get(key) ?? '')]
    .map((row) => columns.map((_, i) => cell(row[i] ?? '')).join(','))
    .join('\n')
    .concat('\n')
}

const sixDigits = (value: number) => String(Number(value.toPrecision(6)))

/** Whether a text can be the history of gates: its columns begin with time and commit. */
export function isGateCsv(text: string): boolean {
  const [header = []] = rowsOf(text)
  return KEYS.every((key, i) => header[i] === key)
}

const cell = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** RFC 4180. */
function rowsOf(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [whole, quoted, plain, end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g,
  )) {
    if (whole === '') break
    row.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}
