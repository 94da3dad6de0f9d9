/** The door of this folder: evidence from metrics that Prometheus has of a server. */
export { usualGap } from './counters.ts'
export {
  MOST_RESPONSE_BYTES,
  PrometheusProblem,
  parseRangeResponse,
  readSavedResponses,
  type Series,
  type SeriesByName,
  seriesByName,
} from './range-response.ts'
export {
  metricNames,
  type ServerKind,
  type ServerMetrics,
  serverMetrics,
} from './servers.ts'
export { parseWindow, type TimeWindow } from './time-window.ts'
export { type EvidenceValue, type TrafficEvidence, trafficEvidence } from './traffic-evidence.ts'
