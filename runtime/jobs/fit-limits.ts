import {
  CORRELATION_TOLERANCE,
  FIT_BARS,
  FIT_TOLERANCE,
  LEAST_CELLS,
  LEAST_REPLICATIONS,
  RESAMPLED_FITS,
  WIDEST_FACTOR,
} from '../../sim/experiment/fit/fit-limits.ts'

/** How a fit to measured times is judged. */
export const FIT_LIMITS = {
  bars: FIT_BARS,
  leastCells: LEAST_CELLS,
  resampledFits: RESAMPLED_FITS,
} as const

/** How a fit to a trace is judged. */
export const TRACE_FIT_LIMITS = {
  CORRELATION_TOLERANCE,
  FIT_TOLERANCE,
  LEAST_REPLICATIONS,
  WIDEST_FACTOR,
} as const
