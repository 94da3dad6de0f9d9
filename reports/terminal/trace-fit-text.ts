import { count, NONE, signedPercent, threeDigits } from '../format.ts'
import { trafficYaml } from '../traffic-yaml.ts'
import { alignColumns } from './align.ts'

interface Row {
  readonly name: string
  readonly trace: number
  readonly fit: number
  readonly low: number | null
  readonly high: number | null
  readonly verdict: string | null
}

/** The result of `trace fit`. */
export interface TraceFitDocument {
  readonly file: string
  readonly rows: number
  readonly duration_s: number
  readonly replications: number
  readonly load: number
  readonly windows_s: readonly number[]
  readonly scales_s: readonly number[]
  readonly traffic: { readonly arrivals: object }
  readonly statistics: readonly Row[]
  readonly tails: readonly Row[]
  readonly verdict: string
  readonly why: string
  readonly command: string
}

/** The traffic section, with the goodness of fit as comments above it: the whole is valid YAML. */
export function traceFitText(fit: TraceFitDocument): string {
  const scales = fit.scales_s.map((scale) => `${threeDigits(scale)} s`).join(', ')
  const head = [
    `Fitted to ${fit.file}: ${count(fit.rows)} requests in ${threeDigits(fit.duration_s)} s.`,
    `Dispersion fitted in windows of ${fit.windows_s.join(', ') || 'no'} s; the rate is modulated at ${scales || 'no scale'}.`,
    ...('surges' in fit.traffic.arrivals ? [ONE_SURGE] : []),
    `Each figure: the trace, and the mean of ${count(fit.replications)} replications of the fit with its 95 % interval.`,
    '',
    ...table(fit.statistics),
    '',
    `One replica with work linear in the input, at load ${fit.load}: the trace, and the median and 95 % range of the replications.`,
    '',
    ...table(fit.tails),
    '',
    `${fit.verdict}: ${fit.why}`,
    ...('output_tokens' in fit.traffic
      ? ['Output tokens are for pools that generate: remove output_tokens for other pools.']
      : []),
    fit.command,
  ]
  const comments = head.map((line) => (line === '' ? '#' : `# ${onOneLine(line)}`)).join('\n')
  return `${comments}\n${trafficYaml(fit.traffic)}`
}

const ONE_SURGE =
  'A flat rate with one surge explains the rate better than a constant one and than steps.'

/** A name with a line break would continue behind the comment, as YAML. */
const onOneLine = (text: string) =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, (sign) => JSON.stringify(sign).slice(1, -1))

const table = (rows: readonly Row[]) => alignColumns(fitCells(rows)).split('\n')

/** Figures of trace and fit side by side; the first row is the header. */
export function fitCells(rows: readonly Row[]): string[][] {
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
