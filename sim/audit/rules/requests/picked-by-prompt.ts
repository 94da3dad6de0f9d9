import type { RoutingPlan } from '../../../serving/index.ts'

/** for sums in another order */
const ROUNDING = 1e-9

/**
 * Of the scores of an endpoint picker rows show that of the prompt, as the router knows itself what
 * it has sent. The others are of metrics at the last refresh, which may have been late: each is
 * between 0 and its weight. The candidate that is better than the chosen one whatever these were;
 * null where any candidate may be the best. `shares`: of the prompt, what each of them was sent.
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
  const own = shares[candidates.indexOf(chosen)] ?? Number.NEGATIVE_INFINITY
  const best = Math.max(...shares)
  const gap = scorers.prefixCache * (best - own)
  return gap > unknown + ROUNDING ? candidates[shares.indexOf(best)]! : chosen
}
