import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type ServingPlan, topologyOf } from '../../serving/index.ts'
import { grouped } from '../system/crowd.ts'

/**
 * A warning for each pool that gets prompts above the token budget of a step, computes them whole
 * and lets decoding sequences go first. Such a prompt has a step of its own, so it waits until the
 * replica decodes nothing, and whatever comes after it waits, too.
 */
export function wholePromptWarnings({
  scenario,
  plan,
  lengths,
}: {
  readonly scenario: Scenario
  readonly plan: ServingPlan
  /** of the requests of each pool, tokens */
  readonly lengths: readonly { readonly max: number }[]
}): string[] {
  const { entryPools } = topologyOf(plan)
  return scenario.pools.flatMap(({ name, generation }, i) => {
    if (generation?.policy !== 'continuous' || !entryPools.includes(i)) return []
    const { chunked_prefill: isChunked, first, token_budget: budget } = generation
    const longest = Math.ceil(lengths[i]!.max)
    if (isChunked || first !== 'decode' || longest <= budget) return []
    return [
      `pool ${name}: prompts of up to ${grouped(longest)} tokens are above the token_budget of ${grouped(budget)}; ` +
        'without chunked_prefill such a prompt waits until nothing decodes, and all behind it wait, too: ' +
        'raise token_budget, or take first: prefill or chunked_prefill: true',
    ]
  })
}
