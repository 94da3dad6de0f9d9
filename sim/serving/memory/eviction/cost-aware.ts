import type { EvictionPolicy, Use } from './eviction-policy.ts'

/**
 * GreedyDual-Size (Cao and Irani, Cost-Aware WWW Proxy Caching Algorithms, USITS 1997): the cost of
 * a load over the bytes that it takes, on top of the highest credit that was evicted so far, which
 * ages the models that are not used. With one bandwidth and no set-up all cost the same for each
 * byte: it is LRU among evictions then.
 */
export const costAware: EvictionPolicy = Object.freeze({
  kind: 'cost-aware',
  credit: ({ evicted, loadMs, residentBytes }: Use) =>
    evicted + loadMs / Math.max(1, residentBytes),
})
