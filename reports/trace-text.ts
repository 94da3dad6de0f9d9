import { alignColumns } from './align.ts'

type Lengths = Readonly<Record<'p1' | 'p50' | 'p90' | 'p99' | 'mean' | 'max' | 'cv', number>>

/** What `trace inspect` found of a trace. */
export interface TraceDocument {
  readonly file: string
  readonly rows: number
  readonly bad_rows: number
  readonly duration_s: number
  readonly mean_rps: number
  readonly gaps: Readonly<Record<'cv' | 'p50' | 'p99' | 'max' | 'zero_share', number>>
  readonly windows: readonly {
    readonly window_s: number
    readonly windows: number
    readonly mean: number
    readonly peak: number
    readonly peak_to_mean: number
    readonly dispersion: number
    readonly idle_share: number
  }[]
  readonly input_tokens: Lengths | null
  readonly output_tokens: Lengths | null
  readonly correlation: number | null
  readonly padding: readonly { readonly batch: number; readonly useful: number }[]
}

/** The figures of a trace as a page of text. */
export function traceText(trace: TraceDocument): string {
  const { gaps, input_tokens, output_tokens, correlation, padding } = trace
  const skipped = trace.bad_rows > 0 ? `, ${trace.bad_rows} rows skipped` : ''
  const head =
    `${trace.file}: ${trace.rows.toLocaleString('en-US')} requests in ` +
    `${round(trace.duration_s)} s, ${round(trace.mean_rps)}/s${skipped}`
  const between =
    `gaps: CV ${round(gaps.cv)}, median ${round(gaps.p50)} s, p99 ${round(gaps.p99)} s, ` +
    `longest ${round(gaps.max)} s, ${percent(gaps.zero_share)} are 0`
  const windows = alignColumns([
    ['window', 'windows', 'mean', 'peak', 'peak / mean', 'dispersion', 'idle'],
    ...trace.windows.map((own) => [
      `${own.window_s} s`,
      String(own.windows),
      round(own.mean),
      String(own.peak),
      round(own.peak_to_mean),
      round(own.dispersion),
      percent(own.idle_share),
    ]),
  ])
  const lengths = [
    ['input', input_tokens],
    ['output', output_tokens],
  ].flatMap(([name, own]) => (own === null ? [] : [lengthRow(name as string, own as Lengths)]))
  const table =
    lengths.length === 0
      ? []
      : [alignColumns([['tokens', 'p1', 'p50', 'p90', 'p99', 'max', 'mean', 'CV'], ...lengths])]
  const together =
    correlation === null ? [] : [`correlation of input and output: ${round(correlation)}`]
  const useful =
    padding.length === 0
      ? []
      : [
          alignColumns([
            ['batch', ...padding.map(({ batch }) => String(batch))],
            ['useful', ...padding.map((own) => percent(own.useful))],
          ]),
        ]
  return [head, between, '', windows, '', ...table, ...together, '', ...useful].join('\n').trimEnd()
}

function lengthRow(name: string, own: Lengths): string[] {
  const whole = [own.p1, own.p50, own.p90, own.p99, own.max].map((value) =>
    Math.round(value).toLocaleString('en-US'),
  )
  return [name, ...whole, round(own.mean), round(own.cv)]
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`

/** Three digits that count, and no zeros after them. */
const round = (value: number) =>
  Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString('en-US')
    : String(Number(value.toPrecision(3)))
