import type { EvictionPolicy, Use } from './eviction-policy.ts'

/**
 * Least frequently used, over the whole run, times of absence included ("perfect" LFU in Breslau et
 * al., Web Caching and Zipf-like Distributions, INFOCOM 1999): the best there is while popularities
 * stay. Nothing is forgotten, so a surge that is over goes on counting.
 */
export const lfu: EvictionPolicy = Object.freeze({ kind: 'lfu', credit: ({ uses }: Use) => uses })
