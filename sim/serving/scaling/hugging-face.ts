import type { Ms } from '../ports.ts'
import { Recent } from './recent.ts'
import { poolFigure, scalingPolicy, short } from './scaling-policy.ts'

interface HuggingFace {
  lastUp: Ms
  readonly needed: Recent
  since: Ms | null
}

/**
 * The autoscaling of Hugging Face's Inference Endpoints: one replica more while the mean
 * utilisation is at its limit, and fewer when fewer were enough for a time (huggingface/
 * hf-endpoints-documentation#32). The rule for fewer is ours: the page states its times only.
 */
export const huggingface = scalingPolicy<'huggingface', HuggingFace>({
  kind: 'huggingface',
  intervalMs: ({ intervalS }) => 1000 * intervalS,
  needs: ({ windowS }) => [
    { metric: 'utilisation', windowMs: 1000 * windowS, statistic: 'mean', of: 'pool' },
  ],
  begin: ({ downAfterS }) => ({
    lastUp: Number.NEGATIVE_INFINITY,
    needed: new Recent(1000 * downAfterS),
    since: null,
  }),
  decide(plan, state, { now, wanted, ready, figures }) {
    const utilisation = poolFigure({ now, wanted, ready, starting: 0, figures }, 0)
    if (Number.isNaN(utilisation)) return { replicas: wanted, reason: 'no metric was delivered' }
    state.since ??= now
    const text = `utilisation ${short(utilisation)}, limit ${short(plan.utilisation)}`
    const needed = Math.ceil((utilisation * ready) / plan.utilisation)
    state.needed.record(now, needed)
    if (utilisation >= plan.utilisation) {
      if (now - state.lastUp < 1000 * plan.upEveryS) {
        return { replicas: wanted, reason: `${text}: too soon for a further replica` }
      }
      state.lastUp = now
      return { replicas: wanted + 1, reason: `${text}: one more` }
    }
    const enough = state.needed.reduce(now, 1000 * plan.downAfterS, Math.max, needed)
    if (enough >= wanted || now - state.since < 1000 * plan.downAfterS) {
      return { replicas: wanted, reason: text }
    }
    return { replicas: enough, reason: `${text}: ${enough} were enough for ${plan.downAfterS} s` }
  },
})
