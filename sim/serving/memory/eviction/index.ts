import { costAware } from './cost-aware.ts'
import type { EvictionPolicy } from './eviction-policy.ts'
import { lfu } from './lfu.ts'
import { lru } from './lru.ts'

export type { EvictionPolicy, Use } from './eviction-policy.ts'

/** Every eviction policy. A new one is a new entry here, and its name in the schema. */
export const evictionPolicies: Readonly<Record<EvictionPolicy['kind'], EvictionPolicy>> =
  Object.freeze({ lru, lfu, 'cost-aware': costAware })
