export { admissionControls } from './admission/admission.ts'
export { type AdmissionPlan, OPEN_ADMISSION } from './admission/admission-plan.ts'
export { assemble, NO_TRAFFIC, type Traffic, trafficOf } from './assemble.ts'
export type { HedgePlan } from './attempts/hedge-plan.ts'
export { retryDueAt } from './attempts/retry-due.ts'
export type { RetryPlan } from './attempts/retry-plan.ts'
export { SendBudget } from './attempts/send-budget.ts'
export type { BatchingPlan } from './batching/batching-plan.ts'
export { Batcher, batchPolicies, largestBatch, type QueueView } from './batching/index.ts'
export { computedIn, computedLength } from './batching/padding.ts'
export { type DeepCamel, inCamelCase } from './camel-case.ts'
export { type ClientTimeout, clientTimeoutOf } from './client-timeout.ts'
export { ControlPlane } from './control-plane.ts'
export {
  type LogEntry,
  logEntries,
  logLines,
  parseLog,
} from './decision-log/decision-log.ts'
export type {
  EjectionPlan,
  EnvoyOutlierPlan,
  LinkerdAccrualPlan,
} from './ejection/ejection-plan.ts'
export type { Engine } from './generation/engine.ts'
export type { EngineHost } from './generation/engine-host.ts'
export type { GenerationPlan } from './generation/generation-plan.ts'
export { couldHoldTokens, kvBytes } from './generation/kv-plan.ts'
export { newEngine } from './generation/new-engine.ts'
export { PREFIX_TOKENS, type PrefixClass } from './generation/prefix-keys.ts'
export { Sequences } from './generation/sequences.ts'
export { evictionPolicies } from './memory/eviction/index.ts'
export { Ledger } from './memory/ledger.ts'
export {
  type DevicePlan,
  isSwappable,
  type PoolMemoryPlan,
  type Remedy,
  type ResidencyPlan,
} from './memory/memory-plan.ts'
export { type ChannelPlan, FREE_CHANNEL } from './network/channel-plan.ts'
export { Transfers } from './network/transfers.ts'
export { observerOf } from './observers.ts'
export { allOutcomes, outcomes, refusals } from './outcomes.ts'
export {
  ANY_CLASS,
  type ClassPlan,
  generatesIn,
  hasTokens,
  PLAIN_QUEUE,
  type PoolPlan,
  type ServingPlan,
} from './plan.ts'
export {
  type Backend,
  type Batch,
  type BatchShape,
  type ControlPlanePort,
  type EjectionChange,
  type ExecutorPhase,
  type ExecutorState,
  type KvUse,
  type Ms,
  NO_USE,
  type Observer,
  OUTCOME,
  type Outcome,
  REFUSAL,
  type Remedied,
  type RequestFields,
  type Source,
  STATUS,
  type Status,
  type StepBackend,
  type StepRun,
  type Timers,
  type TokenGapRun,
  type Transfer,
  type TransferBackend,
  type TuningStep,
} from './ports.ts'
export { nextAttemptAfter } from './pushback.ts'
export { queueDisciplines } from './queue/queue-disciplines.ts'
export { Requests } from './requests.ts'
export { type RoutingChoice, type RoutingPlan, settingsOf } from './routing/routing-plan.ts'
export { type OracleReplicas, oracleReplicas, type Regret, regret } from './scaling/index.ts'
export { clientTimeoutPlan, livePlan, servingPlan } from './scenario-plan.ts'
export { type Topology, topologyOf } from './topology.ts'
export type { TuningPlan } from './tuning/tuning-plan.ts'
