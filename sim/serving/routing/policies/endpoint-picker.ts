import type { RoutingPlan } from '../routing-plan.ts'
import type { Candidate, RouterView, RoutingPolicy } from '../routing-policy.ts'
import { PROMPT_BLOCK_TOKENS, PrefixHistory, tokensOf } from './prefix-history.ts'

type EndpointPicker = Extract<RoutingPlan, { policy: 'endpoint-picker' }>

interface Scored {
  readonly plan: EndpointPicker
  readonly history: PrefixHistory
  readonly scores: Float64Array
}

/** Blocks of a prompt that are compared: `maxPrefixBlocksToMatch`. */
const COMPARED_BLOCKS = 256
/** Waiting requests at which the load-aware score is 0. */
const LOAD_THRESHOLD = 128

/**
 * The endpoint picker of llm-d (llm-d-inference-scheduler, pkg/epp): the sum of weighted scores.
 * `max-score` takes the highest, of equals one that is drawn. `weighted-random` is A-Res
 * (Efraimidis and Spirakis 2006) for one candidate, which is a draw in proportion to the sums.
 */
export const endpointPicker: RoutingPolicy<EndpointPicker, Scored> = Object.freeze({
  kind: 'endpoint-picker',
  metrics: true,
  begin: (plan: EndpointPicker, candidates: readonly Candidate[]) => ({
    plan,
    history: new PrefixHistory(candidates.length, plan.lruBlocks),
    scores: new Float64Array(candidates.length),
  }),
  choose({ plan, history, scores }: Scored, view: RouterView) {
    const { scorers, picker } = plan
    scores.fill(0)
    if (scorers.queue > 0) addFewest(scores, view, scorers.queue, (i) => view.waiting(i))
    if (scorers.running > 0) addFewest(scores, view, scorers.running, (i) => view.running(i))
    const blocks = Math.min(COMPARED_BLOCKS, Math.floor(tokensOf(view) / PROMPT_BLOCK_TOKENS))
    for (let i = 0; i < scores.length; i++) {
      if (view.taken[i] !== 0) continue
      const prefix = blocks > 0 ? history.matched(view, i, blocks) / blocks : 0
      scores[i]! +=
        scorers.kvCache * (1 - view.kvUsage(i)) +
        scorers.prefixCache * prefix +
        scorers.loadAware * 0.5 * Math.max(0, 1 - view.waiting(i) / LOAD_THRESHOLD)
    }
    const choice = picker === 'max-score' ? highest(scores, view) : drawn(scores, view)
    if (choice >= 0) history.add(view, choice, blocks)
    return choice
  },
})

/** 1 for the candidate with the fewest, 0 for that with the most; 1 for all where all are equal. */
function addFewest(
  scores: Float64Array,
  view: RouterView,
  weight: number,
  measure: (candidate: number) => number,
): void {
  let least = Number.POSITIVE_INFINITY
  let most = 0
  for (let i = 0; i < scores.length; i++) {
    if (view.taken[i] !== 0) continue
    least = Math.min(least, measure(i))
    most = Math.max(most, measure(i))
  }
  for (let i = 0; i < scores.length; i++) {
    if (view.taken[i] !== 0) continue
    scores[i]! += weight * (most > least ? (most - measure(i)) / (most - least) : 1)
  }
}

function highest(scores: Float64Array, view: RouterView): number {
  let best = Number.NEGATIVE_INFINITY
  let equals = 0
  for (let i = 0; i < scores.length; i++) {
    if (view.taken[i] !== 0 || scores[i]! < best) continue
    equals = scores[i]! > best ? 1 : equals + 1
    best = scores[i]!
  }
  let left = Math.floor(view.uniform(0) * equals)
  for (let i = 0; i < scores.length; i++) {
    if (view.taken[i] === 0 && scores[i] === best && left-- === 0) return i
  }
  return -1
}

/** In proportion to the scores; where all are 0, each alike. */
function drawn(scores: Float64Array, view: RouterView): number {
  let sum = 0
  for (let i = 0; i < scores.length; i++) if (view.taken[i] === 0) sum += scores[i]!
  if (sum === 0) return highest(scores, view)
  let left = view.uniform(0) * sum
  let last = -1
  for (let i = 0; i < scores.length; i++) {
    if (view.taken[i] !== 0 || scores[i] === 0) continue
    last = i
    left -= scores[i]!
    if (left < 0) return i
  }
  return last
}
