import type { Arrivals } from '../schema/schema.ts'

/** A class whose requests come as the rows of a file. */
export type TraceArrivals = Extract<Arrivals, { process: 'trace' }>

/** Rows of a trace as a scenario takes them, in order of time. */
export interface TracePiece {
  /** ms from the start of the window, times `time_scale` */
  readonly times: Float64Array
  /** of the same rows, at least 1; null where the trace has none */
  readonly lengths: Int32Array | null
  /** tokens to generate, at least 0; null where the trace has none */
  readonly outputs: Int32Array | null
  /**
   * what prompts begin with, a number for every 512 tokens; null of single ones that do not say, or
   * where none does
   */
  readonly prefixes: readonly (Int32Array | null)[] | null
}
