export { AlikeSpeed } from './alike-speed.ts'
export { bootstrapField, fieldsOf, levelOf } from './field-bootstrap.ts'
export type { Hardware } from './hardware.ts'
export { Link } from './link.ts'
export { LocalOverheads, type TimedCost } from './local-overheads.ts'
export { IDEAL_MACHINE, type Machine, machineOf } from './machine.ts'
export { MemoryObserver } from './memory-observer.ts'
export type { LoadEnd, ModelLoads } from './model-loads.ts'
export {
  classEdges,
  classOf,
  type OverheadModel,
  Overheads,
  type OverheadTables,
} from './overheads.ts'
export { type ModelProfile, type Profile, profileSchema, type RecordedField } from './profile.ts'
export { type DispatcherTurns, type MachineField, recordField } from './recorded-field.ts'
export {
  actsOf,
  type Intervals,
  indexAfter,
  NEVER,
  standstillsOf,
  type Turn,
  usualOverhead,
} from './standstills.ts'
export type { StepLaw } from './step-runs.ts'
export {
  declaredSteps,
  declaredWork,
  type MeanWork,
  NO_WAKE,
  tabulatedWork,
  type WakeCurve,
  type WorkModel,
  type WorkTable,
  wakeCost,
} from './work.ts'
export { SimulatedWorld } from './world.ts'
export { WorldMemory } from './world-memory.ts'
