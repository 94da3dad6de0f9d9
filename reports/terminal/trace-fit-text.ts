import type { Verdict } from '../../sim/documents/index.ts'
import type { FitRow } from '../../sim/experiment/index.ts'
import { count, NONE, signedPercent, threeDigits } from '../format.ts'
import { trafficYaml } from '../traffic-yaml.ts'
import { alignColumns } from './align.ts'

/** A class fitted to its rows. */
export interface ClassFit {
  readonly class: string
  /** the values of the class column; null without one */
  readonly values: readonly string[] | null
  readonly rows: number
  /** its first row, after that of the file */
  readonly from_s: number
  /** from its first row to its last */
  readonly duration_s: number
  readonly windows_s: readonly number[]
  readonly scales_s: readonly number[]
  readonly traffic: { readonly arrivals: object }
  readonly statistics: readonly FitRow[]
  readonly tails: readonly FitRow[]
  readonly verdict: Verdict
  readonly why: string
}

/** The result of `trace fit`. */
export interface TraceFitDocument {
  readonly file: string
  /** the class column; null without one */
  readonly class_column: string | null
  /** of all classes */
  readonly rows: number
  readonly duration_s: number
  readonly replications: number
  readonly load: number
  readonly classes: readonly ClassFit[]
  /** values that no class has, with the reason */
  readonly left_out: readonly {
    readonly value: string
    readonly rows: number
    readonly why: string
  }[]
  /** the worst of the classes */
  readonly verdict: Verdict
  readonly command: string
}

/** The traffic section, with the goodness of fit as comments above it: the whole is valid YAML. */
export function traceFitText(fit: TraceFitDocument): string {
  const { classes, class_column: column } = fit
  const several = classes.length > 1 ? `, ${classes.length} classes by ${column}` : ''
  const head = [
    `Fitted to ${fit.file}: ${count(fit.rows)} requests in ${threeDigits(fit.duration_s)} s${several}.`,
    ...leftOutText(fit),
    `Each figure: the trace, and the mean of ${count(fit.replications)} replications of the fit with its 95 % interval.`,
    `Latencies: one replica with work linear in the input, at load ${fit.load}: the trace, and the median and 95 % range of the replications.`,
    '',
    ...classes.flatMap((trafficClass) => [...classText(trafficClass, fit), '']),
    fit.command,
  ]
  const comments = head.map((line) => (line === '' ? '#' : `# ${onOneLine(line)}`)).join('\n')
  return `${comments}\n${trafficYaml(classes.map(({ traffic }) => traffic))}`
}

/** What is left out; the rarest values are counted only. */
export function leftOutText({ left_out: left }: TraceFitDocument): string[] {
  const shown = left.slice(0, MOST_LEFT_OUT)
  const others = left.slice(MOST_LEFT_OUT)
  const rows = others.reduce((sum, { rows }) => sum + rows, 0)
  const rest = `Left out: ${others.length} other values with ${count(rows)} requests.`
  return [
    ...shown.map(
      ({ value, rows: n, why }) => `Left out: ${named([value])}, ${requests(n)}: ${why}.`,
    ),
    ...(others.length > 0 ? [rest] : []),
  ]
}

const MOST_LEFT_OUT = 20

/** The head of a class among several: its rows. */
export function classHead({ class: name, values, rows, from_s, duration_s }: ClassFit): string {
  const of = values === null ? '' : ` (${named(values)})`
  const until = threeDigits(from_s + duration_s)
  return `Class ${name}${of}: ${requests(rows)} from ${threeDigits(from_s)} to ${until} s.`
}

const named = (values: readonly string[]) =>
  values.map((value) => (value === '' ? '(none)' : value)).join(', ')
const requests = (rows: number) => `${count(rows)} ${rows === 1 ? 'request' : 'requests'}`

function classText(classFit: ClassFit, { classes }: TraceFitDocument): string[] {
  const scales = classFit.scales_s.map((scale) => `${threeDigits(scale)} s`).join(', ')
  return [
    ...(classes.length > 1 ? [classHead(classFit)] : []),
    `Dispersion fitted in windows of ${classFit.windows_s.join(', ') || 'no'} s; the rate is modulated at ${scales || 'no scale'}.`,
    ...('surges' in classFit.traffic.arrivals ? [ONE_SURGE] : []),
    '',
    ...table(classFit.statistics),
    '',
    ...table(classFit.tails),
    '',
    `${classFit.verdict}: ${classFit.why}`,
    ...('output_tokens' in classFit.traffic
      ? ['Output tokens are for pools that generate: remove output_tokens for other pools.']
      : []),
  ]
}

const ONE_SURGE =
  'A flat rate with one surge explains the rate better than a constant one and than steps.'

/** A name with a line break would continue behind the comment, as YAML. */
const onOneLine = (text: string) =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, (sign) => JSON.stringify(sign).slice(1, -1))

const table = (rows: readonly FitRow[]) => alignColumns(fitCells(rows)).split('\n')

/** Figures of trace and fit side by side; the first row is the header. */
export function fitCells(rows: readonly FitRow[]): string[][] {
  return [
    ['', 'trace', 'fit', 'low', 'high', 'difference', 'verdict'],
    ...rows.map(({ name, trace, fit, low, high, verdict }) => [
      name,
      threeDigits(trace),
      threeDigits(fit),
      low === null ? NONE : threeDigits(low),
      high === null ? NONE : threeDigits(high),
      signedPercent(trace === 0 ? null : fit / trace - 1),
      verdict ?? 'not judged',
    ]),
  ]
}
