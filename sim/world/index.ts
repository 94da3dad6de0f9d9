export { type CardPlan, SharedCards } from './cards/shared-cards.ts'
export { ExecutorLifecycle } from './executors/executor-lifecycle.ts'
export type { Deployment, FailurePlan, LifecyclePlan } from './executors/failure-plan.ts'
export { type ExecutorEvent, failureSchedule } from './executors/failure-schedule.ts'
export { detectionMs } from './executors/failures/failure-kinds.ts'
export type { HeatDownSummary } from './executors/heat-downs.ts'
export { AlikeSpeed } from './machine/alike-speed.ts'
export { withEarlierOccasions } from './machine/earlier-occasions.ts'
export {
  bootstrapField,
  fieldsOf,
  levelOf,
} from './machine/field-bootstrap.ts'
export { LocalOverheads, type TimedCost } from './machine/local-overheads.ts'
export {
  bootstrappedMachine,
  engineMachineOf,
  IDEAL_MACHINE,
  type Machine,
  machineOf,
} from './machine/machine.ts'
export {
  type MeasuredSteps,
  measuredLaw,
  rowsOf,
  rowWeights,
  type StepAmounts,
  stepTerms,
  timeOf,
} from './machine/measured-steps.ts'
export { type BootstrappedField, IDEAL_EXECUTOR } from './machine/met-stalls.ts'
export {
  classEdges,
  classOf,
  type OverheadModel,
  Overheads,
  type OverheadTables,
  type TableAt,
} from './machine/overheads.ts'
export {
  leastBusyMs,
  MOST_FACTOR,
  type ModelProfile,
  type Profile,
  type ProfileWidths,
  profileSchema,
  type RecordedField,
} from './machine/profile.ts'
export {
  type DispatcherTurns,
  type MachineField,
  type MetField,
  recordEngines,
  recordField,
  recordMet,
  type WorkedBatch,
} from './machine/recorded-field.ts'
export { meanLevel, scaledFields } from './machine/scaled-fields.ts'
export { type Residual, type Scatter, scatterOf } from './machine/scatter.ts'
export type { HeatWatch, Steps } from './machine/speed.ts'
export {
  actsOf,
  type DueEvent,
  type Intervals,
  indexAfter,
  joinIntervals,
  NEVER,
  type Span,
  STALL_MS,
  Stalls,
  stallsOf,
  usualOverhead,
} from './machine/stalls.ts'
export type { StepBatch, StepLaw } from './machine/step-runs.ts'
export { settle, type Variation, variationOf, varied } from './machine/variation.ts'
export {
  declaredSteps,
  declaredWork,
  isMeasured,
  type MeanWork,
  measuredTable,
  NO_WAKE,
  scattered,
  tabulatedWork,
  type WakeCurve,
  type WorkModel,
  type WorkTable,
  wakeCost,
} from './machine/work.ts'
export { MemoryObserver } from './memory/memory-observer.ts'
export type { LoadEnd, ModelLoads } from './memory/model-loads.ts'
export { WorldMemory } from './memory/world-memory.ts'
export { DevicePower } from './power/device-power.ts'
export type { ExecutorHeat, PoweredExecutor, PowerPlan } from './power/powered-executor.ts'
export { SimulatedWorld } from './world.ts'
export type { Hardware } from './world-parts.ts'
