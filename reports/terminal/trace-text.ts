import { visibleLine } from '../../scenarios/index.ts'
import { count, threeDigits } from '../format.ts'
import type { TraceDocument } from '../trace-document.ts'
import { alignColumns } from './align.ts'

/** The figures of a trace as tables; the first row of each is its header. */
export function traceTables(trace: TraceDocument) {
  const { gaps, input_tokens, output_tokens, correlation, padding } = trace
  const skipped = trace.bad_rows > 0 ? `, ${count(trace.bad_rows)} rows skipped` : ''
  const lengths = [
    ...(input_tokens ? [lengthRow('input', input_tokens)] : []),
    ...(output_tokens ? [lengthRow('output', output_tokens)] : []),
  ]
  return {
    head:
      `${count(trace.rows)} requests in ` +
      `${threeDigits(trace.duration_s)} s, ${threeDigits(trace.mean_rps)}/s${skipped}`,
    peak: peakText(trace),
    gaps:
      `gaps: CV ${threeDigits(gaps.cv)}, median ${threeDigits(gaps.p50)} s, p99 ${threeDigits(gaps.p99)} s, ` +
      `longest ${threeDigits(gaps.max)} s, ${percent(gaps.zero_share)} are 0`,
    windows: [
      ['window', 'windows', 'mean', 'peak', 'peak at', 'peak / mean', 'dispersion', 'idle'],
      ...trace.windows.map((window) => [
        `${window.window_s} s`,
        count(window.windows),
        threeDigits(window.mean),
        count(window.peak),
        `${secondsText(window.peak_at_s)} s`,
        threeDigits(window.peak_to_mean),
        threeDigits(window.dispersion),
        percent(window.idle_share),
      ]),
    ],
    lengths: [['tokens', 'p1', 'p50', 'p90', 'p99', 'max', 'mean', 'CV'], ...lengths],
    correlation:
      correlation === null ? null : `correlation of input and output: ${threeDigits(correlation)}`,
    padding: [
      ['batch', ...padding.map(({ batch }) => String(batch))],
      ...(padding.length > 0
        ? [['padding efficiency', ...padding.map((batch) => percent(batch.useful))]]
        : []),
    ],
    classes: classRows(trace),
    errors: errorText(trace),
  }
}

/** When the traffic is largest, and how large; null for a trace without windows. */
function peakText({ peak, first_row_at: first }: TraceDocument): string | null {
  if (peak === null) return null
  const { window_s, at_s, rps, to_mean } = peak
  const after = `${secondsText(at_s)} s after the first row`
  const at = first === null ? '' : `${utcText(Date.parse(first) + 1000 * at_s)}, `
  return `busiest ${window_s} s: ${at}${after}, ${threeDigits(rps)}/s, ${threeDigits(to_mean)} times the mean`
}

/** A time to the second. */
const utcText = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** Starts of windows, which are whole multiples of 0.1 s. */
const secondsText = (seconds: number) =>
  seconds.toLocaleString('en-US', { maximumFractionDigits: 1 })

/** The figures of a trace as a page of text. */
export function traceText(trace: TraceDocument): string {
  const { head, peak, gaps, windows, lengths, correlation, padding, classes, errors } =
    traceTables(trace)
  return [
    `${visibleLine(trace.file)}: ${head}`,
    ...(peak === null ? [] : [peak]),
    gaps,
    '',
    alignColumns(windows),
    '',
    ...(lengths.length > 1 ? [alignColumns(lengths)] : []),
    ...(correlation === null ? [] : [correlation]),
    '',
    ...(padding.length > 1 ? [alignColumns(padding)] : []),
    ...(classes.length > 1 ? ['', alignColumns(classes)] : []),
    ...(errors === EXACT ? [] : [errors]),
  ]
    .join('\n')
    .trimEnd()
}

/** Most rows of classes in a table; the document has all. */
const MOST_CLASSES = 20

/** A row for each value of the class column. */
function classRows({ class_column: column, classes, rows }: TraceDocument): string[][] {
  if (column === null) return []
  const ofLengths = (summary: TraceDocument['input_tokens']) =>
    summary === null ? ['-', '-'] : [count(summary.p50), count(summary.p99)]
  const shown = classes.slice(0, MOST_CLASSES).map((trafficClass) => {
    const second = trafficClass.windows.find(({ window_s }) => window_s === 1)
    return [
      visibleLine(trafficClass.value === '' ? '(none)' : trafficClass.value),
      count(trafficClass.rows),
      percent(trafficClass.rows / rows),
      `${threeDigits(trafficClass.mean_rps)}/s`,
      trafficClass.cv === null ? '-' : threeDigits(trafficClass.cv),
      second === undefined ? '-' : threeDigits(second.dispersion),
      second === undefined ? '-' : threeDigits(second.peak_to_mean),
      ...ofLengths(trafficClass.input_tokens),
    ]
  })
  const left = classes.slice(MOST_CLASSES)
  const others = left.reduce((sum, trafficClass) => sum + trafficClass.rows, 0)
  const rest = [`${left.length} others`, count(others), percent(others / rows)]
  const names = ['requests', 'share', 'rate', 'CV of gaps', 'dispersion, 1 s', 'peak / mean, 1 s']
  return [
    [visibleLine(column), ...names, 'input p50', 'input p99'],
    ...shown,
    ...(left.length > 0 ? [[...rest, ...names.slice(2).map(() => '-'), '-', '-']] : []),
  ]
}

const EXACT = 'Percentiles are exact.'

/** The error of percentiles, and which are approximate. */
function errorText({ gaps, input_tokens, output_tokens }: TraceDocument): string {
  const errors = [
    ['gaps', gaps.percentile_error],
    ['input lengths', input_tokens?.percentile_error ?? 0],
    ['output lengths', output_tokens?.percentile_error ?? 0],
  ] as const
  const off = errors.filter(([, error]) => error > 0)
  if (off.length === 0) return EXACT
  const most = Math.max(...off.map(([, error]) => error))
  const what = off.map(([name]) => name).join(' and ')
  return `Percentiles of ${what} are within ${threeDigits(100 * most)} %, others are exact.`
}

function lengthRow(name: string, summary: NonNullable<TraceDocument['input_tokens']>): string[] {
  const whole = [summary.p1, summary.p50, summary.p90, summary.p99, summary.max].map(count)
  return [name, ...whole, threeDigits(summary.mean), threeDigits(summary.cv)]
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`
