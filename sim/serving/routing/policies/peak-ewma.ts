import { exp } from '../../../kernel/index.ts'
import type { Ms } from '../../ports.ts'
import type { RoutingPlan } from '../routing-plan.ts'
import type { Candidate, RouterView, RoutingPolicy } from '../routing-policy.ts'
import { CandidateDraws, leastDrawn } from './draws.ts'

type PeakEwma = Extract<RoutingPlan, { policy: 'peak-ewma' }>

/** What a router has observed of its candidates. */
interface Observed {
  readonly plan: PeakEwma
  readonly draws: CandidateDraws
  readonly executors: Float64Array
  /** estimated response time, ms, and when it was last brought up to date */
  readonly costMs: Float64Array
  readonly at: Float64Array
  /** requests sent and not ended */
  readonly pending: Float64Array
}

/**
 * Peak EWMA, as in Finagle and Linkerd: a response time above the estimate replaces it, one below
 * moves it by 1 − e^(−t / decay), t since the last update. An estimate decays towards 0 whenever it
 * is read. The load of a candidate is its estimate times the requests pending, and one more. For a
 * candidate with several executors pending requests count for each of them. An unknown candidate
 * has a default response time, as in Linkerd.
 */
export const peakEwma: RoutingPolicy<PeakEwma, Observed> = Object.freeze({
  kind: 'peak-ewma',
  begin: (plan: PeakEwma, candidates: readonly Candidate[]) => ({
    plan,
    draws: new CandidateDraws(plan.choices, candidates.length),
    executors: Float64Array.from(candidates, ({ executors }) => executors),
    costMs: new Float64Array(candidates.length).fill(plan.defaultRttMs),
    at: new Float64Array(candidates.length),
    pending: new Float64Array(candidates.length),
  }),
  choose: (state: Observed, view: RouterView) =>
    leastDrawn(state.draws, view, (i) => {
      observe(state, i, view.now, 0)
      return state.costMs[i]! * (state.pending[i]! / state.executors[i]! + 1)
    }),
  sent({ pending }: Observed, candidate: number) {
    pending[candidate] = pending[candidate]! + 1
  },
  ended(state: Observed, candidate: number, now: Ms, rttMs: Ms) {
    state.pending[candidate] = state.pending[candidate]! - 1
    observe(state, candidate, now, rttMs)
  },
})

function observe({ plan, costMs, at }: Observed, i: number, now: Ms, rttMs: Ms): void {
  const cost = costMs[i]!
  const keptShare = exp(-Math.max(0, now - at[i]!) / plan.decayMs)
  costMs[i] = rttMs > cost ? rttMs : cost * keptShare + rttMs * (1 - keptShare)
  at[i] = now
}
