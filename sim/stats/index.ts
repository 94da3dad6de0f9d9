export { type Acceptance, accept, type Trial } from './acceptance.ts'
export {
  type BootstrapOptions,
  blockBootstrap,
  defaultBlockMs,
  type TimedValues,
} from './block-bootstrap.ts'
export * from './documents.ts'
export { Histogram } from './histogram.ts'
export { clopperPearson, type Interval, meanWithError, tInterval } from './interval.ts'
export { mser5, type Truncation } from './mser.ts'
export { normalQuantile } from './normal.ts'
export {
  noVerdictReason,
  PERCENTILES,
  type Percentile,
  type PercentileKey,
  percentile,
  percentileKey,
  percentileLabel,
  rankOf,
  supports,
  supportsVerdict,
  unsupportedReason,
} from './percentile.ts'
export { studentTQuantile } from './student-t.ts'
export { tailCurve, tailProbabilities } from './tail-curve.ts'
