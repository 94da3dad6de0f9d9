export type { ArenaLog, ArenaRun, ProfiledNode, Shape } from './arena-log.ts'
export { hasObservedArena, type MemoryTask, memoryPlan } from './memory-pass.ts'
export { observeArena } from './observe-arena.ts'
