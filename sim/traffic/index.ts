export {
  filesOf,
  isClosed,
  mayRepeat,
  periodS,
  scaledArrivals,
} from './arrivals/arrival-processes.ts'
export { expectedRequests } from './arrivals/expected-requests.ts'
export { hasLoad, meanRate } from './arrivals/mean-rate.ts'
export { type Surge, surgeKnots, surgesOf, surgeWindows } from './arrivals/surge.ts'
export { reactingClasses } from './clients/class-clients.ts'
export { meanDuration } from './clients/durations.ts'
export { isBounded } from './clients/early-ends.ts'
export type { ClientRow } from './clients/recorded-clients.ts'
export { type FittedClass, type FittedTraffic, fitTraffic } from './fit/fit-traffic.ts'
export { type ClassPlace, placedTraffic } from './fit/placed-traffic.ts'
export { carriedContext } from './lengths/carried-context.ts'
export { correlatedLengths } from './lengths/correlated-lengths.ts'
export {
  type DrawnLengths,
  type LengthDistribution,
  type LengthPair,
  lengthDistribution,
  lengthMix,
  lengthQuantile,
  pairMix,
} from './lengths/lengths.ts'
export { rankCorrelation } from './lengths/rank-correlation.ts'
export {
  ListSource,
  type PartColumns,
  partsOf,
  RequestList,
  type RequestListColumns,
  requestsIn,
} from './requests/request-list.ts'
export { parseRequests, requestText } from './requests/request-text.ts'
export { type MergedSource, type TrafficOptions, trafficSource } from './source.ts'
export type { TraceData, TraceReader } from './trace/trace-feed.ts'
export {
  type TraceSample,
  type TraceStatistics,
  TraceTally,
  traceStatistics,
} from './trace/trace-statistics.ts'
