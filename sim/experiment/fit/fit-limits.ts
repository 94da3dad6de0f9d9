/** How a fit is judged, apart from the fits: help names it. */

/** Largest relative error of the mean of a fitted figure. */
export const FIT_TOLERANCE = 0.1
/** Largest absolute error of a correlation. */
export const CORRELATION_TOLERANCE = 0.05
/** With fewer replications, a trace cannot lie outside 95 % of them. */
export const LEAST_REPLICATIONS = 39
/** An interval wider than this factor is too uncertain for a verdict on a tail. */
export const WIDEST_FACTOR = 4

/** Fewer cells determine no fit of five values, and leave nothing to test it on. */
export const LEAST_CELLS = 6

/** Fits to resampled rows: with the fit to all rows 40 laws, of which each is 2.5 %. */
export const RESAMPLED_FITS = 39

/** Up to these errors a fit is usable, or rough. */
export const FIT_BARS = Object.freeze({
  usable: { median: 0.15, worst: 0.4 },
  rough: { median: 0.3, worst: 1 },
})
