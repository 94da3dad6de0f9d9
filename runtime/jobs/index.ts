/**
 * The library: `import { loadScenario, simulate } from 'spillway'`. Each use case of the command
 * line is a function that takes resolved systems and returns documents, which are plain data.
 */
export { EXIT, Failure, type Scenario, type TraceArrivals } from '../../scenarios/index.ts'
export type {
  ArenaDocument,
  Audit,
  Blamed,
  Comparison,
  Distribution,
  Estimate,
  Fit,
  Gate,
  Idle,
  Noise,
  Percentiles,
  Plan,
  Result,
  Sweep,
  Variants,
} from '../../sim/documents/index.ts'
export type { Profile } from '../../sim/world/index.ts'
export { loadProfile } from '../folders/profile-file.ts'
export { OpenFleets } from '../live/open-fleets.ts'
export { audit } from './audit.ts'
export { type BlameOptions, blame } from './blame/blame.ts'
export { type CalibrateOptions, calibrate } from './calibrate.ts'
export { type ComparedSide, type CompareOptions, compare } from './compare.ts'
export { type FitTimesOptions, fitTimes } from './fit-times.ts'
export { type FitTraceOptions, fitTrace, type TraceFit } from './fit-trace.ts'
export { fidelityGate } from './gate/fidelity-gate.ts'
export { type MeasuredGateOptions, measuredGate } from './gate/measured-gate.ts'
export {
  type PredictionBase,
  type PredictionGateOptions,
  predictionGate,
} from './gate/prediction-gate.ts'
export { headroom } from './headroom.ts'
export { type IdleOptions, measureIdle } from './idle.ts'
export { inspectTrace } from './inspect-trace.ts'
export { writeReplays } from './kept-replays.ts'
export { keptSides } from './kept-sides.ts'
export { learnFromReplays } from './learn-from-replays.ts'
export { measureNoise, type NoiseOptions } from './noise.ts'
export type { DocumentOptions, JobOptions, Progress } from './options.ts'
export { type PlanOptions, plan } from './plan/plan.ts'
export {
  type LoadOptions,
  loadSystem as loadScenario,
  type Prepared,
  type PrepareOptions,
  prepare,
  type System,
} from './prepare.ts'
export { type ReplayedSide, type ReplayOptions, replay } from './replay.ts'
export { report } from './report.ts'
export { type Ran, type RunOptions, run } from './run.ts'
export { type SimulateOptions, simulate } from './simulate.ts'
export { closeSimulations } from './simulations/simulation-processes.ts'
export { type Merged, type MergeOptions, mergeShards as merge } from './sweep/merge.ts'
export { query } from './sweep/query.ts'
export type { QueryResult } from './sweep/query-process.ts'
export { type SweepOptions, type SweepResult, sweep } from './sweep/sweep.ts'
export type { Shard, SweepRequest } from './sweep/sweep-plan.ts'
export { type TimelineOptions, timeline, type WrittenTimeline } from './timeline.ts'
export { type UncertaintyOptions, withUncertainInputs } from './uncertainty.ts'
export {
  type LoadedVariants,
  type LoadVariantsOptions,
  loadVariants,
} from './variants/load-variants.ts'
export { type ComparedVariants, type VariantsOptions, variants } from './variants/variants.ts'
