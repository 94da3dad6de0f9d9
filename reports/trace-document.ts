import type { TraceStatistics } from '../sim/traffic/index.ts'

/** Figures of the rows with one value in the class column. */
export interface ClassFindings
  extends Pick<
    TraceStatistics,
    'rows' | 'mean_rps' | 'windows' | 'peak' | 'input_tokens' | 'output_tokens'
  > {
  readonly value: string
  /** of the gaps between its rows; null for too few rows */
  readonly cv: number | null
}

/** The result of `trace inspect`. */
export interface TraceDocument extends TraceStatistics {
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
