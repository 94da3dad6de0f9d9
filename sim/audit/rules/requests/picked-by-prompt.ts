import type { RoutingPlan } from '../../../serving/index.ts'

/** for sums in another order */
const ROUNDING = 1e-9

/**
 * The candidate that an endpoint picker had to choose whatever its metrics were; null where any
 * candidate may have been the best. Rows show one of its scores: the share of the prompt that each
 * candidate was sent before (`shares`). The other scores are of metrics at the last refresh, which
 * may have been late. Each of them is between 0 and its weight.
 */
export function pickedByPrompt(
  candidates: readonly number[],
  shares: readonly number[],
  chosen: number,
  { scorers, picker }: Extract<RoutingPlan, { policy: 'endpoint-picker' }>,
): number | null {
  // a draw in proportion to the sums depends on all of them
  if (picker === 'weighted-random') return null
  const unknown = scorers.queue + scorers.running + scorers.kvCache + scorers.loadAware / 2
  if (scorers.prefixCache <= unknown) return null
  const chosenShare = shares[candidates.indexOf(chosen)] ?? Number.NEGATIVE_INFINITY
  const best = Math.max(...shares)
  const gap = scorers.prefixCache * (best - chosenShare)
  return gap > unknown + ROUNDING ? candidates[shares.indexOf(best)]! : chosen
}
