export { type EvictionPolicy, evictionPolicies, type Use } from './eviction/index.ts'
export { Ledger } from './ledger.ts'
export {
  comesAndGoes,
  type DevicePlan,
  liveDevice,
  liveMemory,
  memoryPlan,
  type PoolMemoryPlan,
  type Remedy,
  type ResidencyPlan,
} from './memory-plan.ts'
export { MemoryScheduler } from './memory-scheduler.ts'
