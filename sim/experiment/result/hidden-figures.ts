import type { Distribution, Estimate, PoolResult } from '../../documents/index.ts'

/** An estimate of what a server does with requests. */
export const HIDDEN: Estimate = Object.freeze({
  value: null,
  low: null,
  high: null,
  n: 0,
  reason: 'a server hides it',
})

/** What a replay does not see of a pool whose requests a server queues and batches. */
export const HIDDEN_FIGURES: Pick<
  PoolResult,
  'utilisation' | 'occupied' | 'wasted' | 'batch_mean' | 'batch_efficiency' | 'batch_sizes'
> = Object.freeze({
  utilisation: HIDDEN,
  occupied: HIDDEN,
  wasted: HIDDEN,
  batch_mean: HIDDEN,
  batch_efficiency: null,
  batch_sizes: [],
})

/** The same of times of tokens that a server streams: `itl` has no gap that is known. */
export const hiddenTokens = (itl: Distribution) => ({
  itl: { ...itl, mean: { ...itl.mean, reason: 'parts of a stream are not tokens' } },
  preemptions: HIDDEN,
})
