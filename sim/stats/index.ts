export { type Acceptance, accept, type Trial } from './acceptance.ts'
export { type ArenaDocument, type ArenaReplica, arenaSchema } from './arena-document.ts'
export { type Audit, auditSchema } from './audit-document.ts'
export {
  type BootstrapOptions,
  blockBootstrap,
  type TimedValues,
} from './block-bootstrap.ts'
export * from './comparison-document.ts'
export * from './documents.ts'
export { fullestSpace } from './fullest-space.ts'
export { Histogram } from './histogram.ts'
export { clopperPearson, type Interval, meanWithError, tInterval, within } from './interval.ts'
export { KvSpaces } from './kv-spaces.ts'
export type { MapChunk, MemorySeries, MemorySpace } from './memory-document.ts'
export { memoryResult } from './memory-result.ts'
export { coldShare, type ModelMove } from './model-moves.ts'
export type { Truncation } from './mser.ts'
export { normalDistribution, normalQuantile } from './normal.ts'
export {
  noVerdictReason,
  PERCENTILES,
  type Percentile,
  type PercentileKey,
  percentile,
  percentileKey,
  percentileLabel,
  supports,
  supportsVerdict,
} from './percentile.ts'
export { Recorder, type RecorderOptions } from './recorder.ts'
export { judgedPercentiles, resultOf } from './result.ts'
export { type RowColumn, type RowColumns, RowRecorder, Rows } from './rows.ts'
export { playBack } from './rows-playback.ts'
export { type RunSummary, summariseRun } from './run-summary.ts'
export {
  type SpaceChunk,
  SpaceRecorder,
  type SpaceState,
  type SpaceSummary,
} from './space-recorder.ts'
