export { type LengthDistribution, lengthDistribution, TraceLengths } from './lengths.ts'
export { ListSource, RequestList, type RequestListColumns } from './request-list.ts'
export { parseRequests, requestText } from './request-text.ts'
export { type TraceData, trafficSource } from './source.ts'
