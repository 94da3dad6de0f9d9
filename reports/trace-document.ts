/** A column of lengths, tokens. */
export interface LengthSummary {
  readonly p1: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly mean: number
  readonly max: number
  readonly cv: number
  /** relative error of the percentiles; 0 if they are exact */
  readonly percentile_error: number
  readonly shares: readonly { readonly from: number; readonly to: number; readonly share: number }[]
}

/** Figures of requests, recorded or drawn. */
export interface TraceFindings {
  readonly rows: number
  readonly duration_s: number
  readonly mean_rps: number
  readonly gaps: Readonly<
    Record<'cv' | 'p50' | 'p99' | 'max' | 'zero_share' | 'percentile_error', number>
  >
  readonly rate: { readonly bin_s: number; readonly rps: readonly number[] }
  readonly windows: readonly {
    readonly window_s: number
    readonly windows: number
    readonly mean: number
    readonly peak: number
    readonly peak_at_s: number
    readonly peak_to_mean: number
    readonly dispersion: number
    readonly idle_share: number
  }[]
  /** the busiest window; null for a trace without three windows */
  readonly peak: Readonly<Record<'window_s' | 'at_s' | 'rps' | 'to_mean', number>> | null
  readonly input_tokens: LengthSummary | null
  readonly output_tokens: LengthSummary | null
  readonly correlation: number | null
  readonly padding: readonly { readonly batch: number; readonly useful: number }[]
}

/** Figures of the rows with one value in the class column. */
export interface ClassFindings
  extends Pick<
    TraceFindings,
    'rows' | 'mean_rps' | 'windows' | 'peak' | 'input_tokens' | 'output_tokens'
  > {
  readonly value: string
  /** of the gaps between its rows; null for too few rows */
  readonly cv: number | null
}

/** The result of `trace inspect`. */
export interface TraceDocument extends TraceFindings {
  readonly file: string
  /** UTC time of the first row; null where its times are not since 1970 */
  readonly first_row_at: string | null
  /** the class column; null without one */
  readonly class_column: string | null
  /** by its values; empty without one */
  readonly classes: readonly ClassFindings[]
  readonly bad_rows: number
  /** the command that reproduces it */
  readonly command: string
}
