import type { TraceProcess } from '../schema/schema.ts'

/** How the rows of a file are read. */
export type TraceArrivals = Omit<TraceProcess, 'growth' | 'surges' | 'waves' | 'copy_shift_s'>

/** What a user may state about the rows of a trace. The rest is guessed. */
export type StatedRows = Pick<TraceArrivals, 'format' | 'columns' | 'time_unit'>

/** Rows of a trace after the window, scales and limits of a scenario, in order of time. */
export interface TracePiece {
  /** ms from the start of the window, times `time_scale` */
  readonly times: Float64Array
  /** of the same rows, at least 1; null where the trace has none */
  readonly lengths: Int32Array | null
  /** tokens to generate, at least 0; null where the trace has none */
  readonly outputs: Int32Array | null
  /** prefixes of prompts, a number per 512 tokens; null for rows without one, or if none has one */
  readonly prefixes: readonly (Int32Array | null)[] | null
}
