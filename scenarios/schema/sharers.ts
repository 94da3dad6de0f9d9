import type { Pool } from './schema.ts'

/** The replicas that share the accelerator of a pool, its own included; 1 without a `card`. */
export function sharersOf(pools: readonly Pool[], { card }: Pool): number {
  if (card === undefined) return 1
  return pools.reduce((sum, pool) => sum + (pool.card === card ? pool.replicas : 0), 0)
}
