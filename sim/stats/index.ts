export { accept } from './intervals/acceptance.ts'
export { bisect } from './intervals/bisect.ts'
export { blockBootstrap } from './intervals/block-bootstrap.ts'
export { type BlockRatio, blockRatios, type RatioBlock } from './intervals/block-ratio.ts'
export {
  distribution,
  estimate,
  percentileEstimate,
  percentiles,
} from './intervals/distributions.ts'
export { type Exceedance, exceedance, exceedanceOf, type RunTail } from './intervals/exceedance.ts'
export { holmAdjusted, holmRatios, type LogRatio } from './intervals/holm.ts'
export {
  clopperPearson,
  type Interval,
  meanWithError,
  tInterval,
  within,
} from './intervals/interval.ts'
export { mser5 } from './intervals/mser.ts'
export { normalDistribution, normalQuantile } from './intervals/normal.ts'
export {
  neededForUpper,
  neededForVerdict,
  noVerdictReason,
  PERCENTILES,
  type Percentile,
  percentile,
  percentileKey,
  percentileLabel,
  supports,
  supportsVerdict,
  unsupportedReason,
} from './intervals/percentile.ts'
export { pocockLevel } from './intervals/pocock.ts'
export { furtherValue, geometricMean, positiveMean } from './intervals/positive.ts'
export { type SignFlipInterval, signFlipInterval, signFlipP } from './intervals/sign-flip.ts'
export { studentTCdf, studentTQuantile } from './intervals/student-t.ts'
export { PARTS, TOKEN_TIMES } from './recording/cell.ts'
export type { RunDrift } from './recording/drift.ts'
export { type EngineEvent, EngineEventRecorder } from './recording/engine-events.ts'
export { type EngineRun, EngineRunRecorder } from './recording/engine-runs.ts'
export type { EngineTimes } from './recording/engine-work.ts'
export { ExecutorSpans, type Span, timeWithin } from './recording/executor-spans.ts'
export { Histogram } from './recording/histogram.ts'
export { JudgedRecorder } from './recording/judged-recorder.ts'
export { KvSpaces } from './recording/kv-spaces.ts'
export { LEVEL_INTERVALS, LevelMeter } from './recording/level-meter.ts'
export { coldShare, type ModelMove } from './recording/model-moves.ts'
export { Recorder } from './recording/recorder.ts'
export type { RecorderOptions } from './recording/recorder-settings.ts'
export {
  type CellSummary,
  type Figures,
  histogramFigures,
  type JudgedCell,
  type JudgedFigure,
  type JudgedSummary,
  type JudgedTail,
  judgedFigures,
  judgedTails,
  type LatencySummary,
  latencySummary,
  type RecorderSummary,
  summariseRecorder,
} from './recording/recorder-summary.ts'
export { retriedClasses } from './recording/retries.ts'
export {
  type ExecutorChange,
  type ReplicaEjection,
  ROW_COLUMNS,
  type RowColumn,
  type RowColumns,
  RowRecorder,
  Rows,
  type SettingChange,
} from './recording/rows.ts'
export { playBack } from './recording/rows-playback.ts'
export {
  fullestSpace,
  type Ratio,
  type SpaceChunk,
  type SpaceCounts,
  SpaceRecorder,
  type SpaceState,
  type SpaceSummary,
} from './recording/space-recorder.ts'
export { StepRecorder, type StepRow } from './recording/step-rows.ts'
export { TimeGrid } from './recording/time-grid.ts'
export { mergeSeries, TimeSeries } from './recording/time-series.ts'
export { tokenTimes } from './recording/token-times.ts'
export { type WorstSummary, windowObjectives } from './recording/window-recorder.ts'
export type { WindowFigure } from './recording/worst-window.ts'
export {
  type DrawnFigure,
  EffectFit,
  type InputEffect,
  type InputEffects,
} from './uncertainty/input-effects.ts'
export { drawnValue } from './uncertainty/law-quantile.ts'
export { leastSquares } from './uncertainty/least-squares.ts'
export type { InputNarrowing } from './uncertainty/narrowing.ts'
export {
  type NextOccasion,
  nextOccasion,
  nextQuantile,
  type Occasions,
} from './uncertainty/next-occasion.ts'
export { drawsForPairs, leastDraws } from './uncertainty/polynomial-terms.ts'
export { MOST_DIMENSIONS, scrambledSobol } from './uncertainty/sobol.ts'
export { type FigureLaw, probabilityBelow, widerInterval } from './uncertainty/wider-interval.ts'
