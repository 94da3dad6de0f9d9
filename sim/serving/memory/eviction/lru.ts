import type { EvictionPolicy, Use } from './eviction-policy.ts'

/** Least recently used. */
export const lru: EvictionPolicy = Object.freeze({ kind: 'lru', credit: ({ at }: Use) => at })
