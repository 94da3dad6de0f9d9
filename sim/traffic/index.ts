export { carriedContext } from './carried-context.ts'
export { meanDuration } from './durations.ts'
export { expectedRequests } from './expected-requests.ts'
export { inParts, type PartColumns, partsOf } from './fan-out.ts'
export { type FittedClass, type FittedTraffic, fitTraffic } from './fit-traffic.ts'
export { type LengthDistribution, lengthDistribution, lengthMix } from './lengths.ts'
export { meanRate } from './mean-rate.ts'
export { rankCorrelation } from './rank-correlation.ts'
export { reactingClasses } from './reacting.ts'
export type { ClientRow } from './recorded-clients.ts'
export { ListSource, RequestList, type RequestListColumns } from './request-list.ts'
export { parseRequests, requestText } from './request-text.ts'
export { requestsIn } from './requests-in.ts'
export { type MergedSource, type TrafficOptions, trafficSource } from './source.ts'
export { surgeWindows } from './surge-windows.ts'
export type { TraceData, TraceReader } from './trace-feed.ts'
export {
  type TraceSample,
  type TraceStatistics,
  TraceTally,
  traceStatistics,
} from './trace-statistics.ts'
