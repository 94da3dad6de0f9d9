export { resolveSystem } from '../../sim/experiment/index.ts'
export { loadProfile } from '../folders/profile-file.ts'
export { audit } from './audit.ts'
export {
  CALIBRATION_SECONDS,
  type CalibrateOptions,
  calibrate,
  learnFromReplays,
} from './calibrate.ts'
export { type ComparedSide, type CompareOptions, compare } from './compare.ts'
export { type FitTraceOptions, fitTrace, type TraceFit } from './fit-trace.ts'
export { inspectTrace } from './inspect-trace.ts'
export { type KeptReplays, keptReplays } from './kept-replays.ts'
export type { DocumentOptions, JobOptions, Progress } from './options.ts'
export {
  contentsByKey,
  type Prepared,
  type PrepareOptions,
  prepare,
  profileFor,
  type System,
} from './prepare.ts'
export { refuseLive } from './refuse.ts'
export { type ReplayedSide, type ReplayOptions, replay } from './replay.ts'
export { closeSimulations } from './replications.ts'
export { report } from './report.ts'
export { type SimulateOptions, simulate } from './simulate.ts'
