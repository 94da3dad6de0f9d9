import type { RoutingPlan } from '../routing-plan.ts'
import { type Candidate, leastOf, type RouterView, type RoutingPolicy } from '../routing-policy.ts'
import { PROMPT_BLOCK_TOKENS, PrefixHistory, tokensOf } from './prefix-history.ts'

type PrefixAffinity = Extract<RoutingPlan, { policy: 'prefix-affinity' }>

interface Sent {
  readonly plan: PrefixAffinity
  readonly history: PrefixHistory
}

/**
 * The cache-aware policy of SGLang's router (sgl-model-gateway/src/policies/cache_aware.rs), which
 * vLLM's router has as well. Where max − min load is above one bound and max above the other times
 * min: the least loaded. Otherwise the candidate that was sent the longest part of the prompt, if
 * that is more than the threshold of it; else the one of which the fewest blocks are remembered.
 * SGLang takes any of several longest; here it is the least loaded of them. The first of equals.
 */
export const prefixAffinity: RoutingPolicy<PrefixAffinity, Sent> = Object.freeze({
  kind: 'prefix-affinity',
  begin: (plan: PrefixAffinity, candidates: readonly Candidate[]) => ({
    plan,
    history: new PrefixHistory(candidates.length, plan.lruBlocks),
  }),
  choose({ plan, history }: Sent, view: RouterView) {
    const choice = isUnequal(plan, view)
      ? leastOf(view, (i) => view.load(i))
      : byPrefix(plan, history, view)
    if (choice >= 0) history.add(view, choice)
    return choice
  },
})

function isUnequal({ balanceAbs, balanceRel }: PrefixAffinity, view: RouterView): boolean {
  let least = Number.POSITIVE_INFINITY
  let most = 0
  for (let i = 0; i < view.candidates.length; i++) {
    if (view.taken[i] !== 0) continue
    const load = view.load(i)
    least = Math.min(least, load)
    most = Math.max(most, load)
  }
  return most - least > balanceAbs && most > balanceRel * least
}

function byPrefix(plan: PrefixAffinity, history: PrefixHistory, view: RouterView): number {
  let best = -1
  let longest = 0
  for (let i = 0; i < view.candidates.length; i++) {
    if (view.taken[i] !== 0) continue
    const matched = history.matched(view, i)
    const ties = matched === longest && best >= 0
    if (best < 0 || matched > longest || (ties && view.load(i) < view.load(best))) {
      best = i
      longest = matched
    }
  }
  const share = (longest * PROMPT_BLOCK_TOKENS) / tokensOf(view)
  return share > plan.cacheThreshold ? best : leastOf(view, (i) => history.size(i))
}
