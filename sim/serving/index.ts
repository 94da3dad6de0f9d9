export { type AdmissionPlan, admissionControls, OPEN_ADMISSION } from './admission/index.ts'
export { Batcher, batchPolicies, type QueueView } from './batching/index.ts'
export { clientTimeoutMs } from './client-timeout.ts'
export { ControlPlane } from './control-plane.ts'
export {
  type LogEntry,
  LoggingControlPlane,
  logEntries,
  logLines,
  parseLog,
} from './decision-log/decision-log.ts'
export { OutcomeFeedback } from './decision-log/outcome-feedback.ts'
export { Relay } from './decision-log/relay.ts'
export { EndOfTraffic } from './end-of-traffic.ts'
export { kvBytes, kvPlan } from './generation/kv-plan.ts'
export { PREFIX_TOKENS } from './generation/prefix-keys.ts'
export {
  comesAndGoes,
  type DevicePlan,
  evictionPolicies,
  Ledger,
  type PoolMemoryPlan,
  type Remedy,
  type ResidencyPlan,
} from './memory/index.ts'
export { outcomes, refusals } from './outcomes.ts'
export {
  ANY_CLASS,
  type ClassPlan,
  executorsOf,
  livePlan,
  PLAIN_QUEUE,
  type PoolPlan,
  patiencePlan,
  type ServingPlan,
  servingPlan,
} from './plan.ts'
export {
  type Backend,
  type Batch,
  type BatchShape,
  type ControlPlanePort,
  computedIn,
  computedLength,
  type KvUse,
  type Ms,
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
} from './ports.ts'
export { queueDisciplines } from './queue/queue-order.ts'
export { Requests } from './requests.ts'
export { routingPolicies } from './routing/routing.ts'
