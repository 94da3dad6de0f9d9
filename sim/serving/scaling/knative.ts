import type { Ms } from '../ports.ts'
import { Recent } from './recent.ts'
import type { PlanOf } from './scaling-plan.ts'
import {
  poolFigure,
  replicasText,
  type ScalerView,
  type ScalingDecision,
  scalingPolicy,
  short,
} from './scaling-policy.ts'

interface Knative {
  begun: boolean
  /** the last tick at which the pool was over its panic threshold; null out of panic */
  panicAt: Ms | null
  /** the most replicas that this panic asked for */
  panicMost: number
  readonly delayed: Recent
  /** since when the pool wants no replica; null while it wants one */
  zeroSince: Ms | null
}

/**
 * Knative's pod autoscaler (KPA): a stable window, and a shorter one whose panic only adds replicas
 * (knative/serving pkg/autoscaler/scaling/autoscaler.go @98e5ef90, Scale).
 */
export const knative = scalingPolicy<'knative', Knative>({
  kind: 'knative',
  intervalMs: ({ intervalS }) => 1000 * intervalS,
  needs: ({ metric, stableS, panicShare }) =>
    [1, panicShare].map((share) => ({
      metric,
      windowMs: 1000 * stableS * share,
      statistic: 'mean' as const,
      of: 'pool' as const,
    })),
  begin: ({ downDelayS }) => ({
    begun: false,
    panicAt: null,
    panicMost: 0,
    delayed: new Recent(1000 * downDelayS),
    zeroSince: null,
  }),
  decide(plan, state, view) {
    const { now, wanted } = view
    if (!state.begun) {
      // a new autoscaler has no history, so it keeps what runs
      state.begun = true
      if (view.ready > 1) Object.assign(state, { panicAt: now, panicMost: view.ready })
    }
    const [stable, panic] = [poolFigure(view, 0), poolFigure(view, 1)]
    if (Number.isNaN(stable) || Number.isNaN(panic)) {
      return { replicas: wanted, reason: 'no metric was delivered' }
    }
    const decision = scale(plan, state, view, stable, panic)
    return { ...toZero(plan, state, view, decision), excessBurst: excess(plan, view.ready, panic) }
  },
})

function scale(
  plan: PlanOf<'knative'>,
  state: Knative,
  { now, ready: counted }: ScalerView,
  stable: number,
  panic: number,
): ScalingDecision {
  const target = plan.target * plan.targetShare
  const ready = Math.max(1, counted)
  const most = Math.ceil(plan.maxUpRate * ready)
  const least = Math.floor(ready / plan.maxDownRate)
  const wantedFor = (value: number) => {
    const needed = Math.ceil(value / target)
    const rated = Math.min(Math.max(needed, least), most)
    return needed > 0 ? Math.max(rated, plan.activation > 1 ? plan.activation : 0) : rated
  }
  const isOverThreshold = Math.ceil(panic / target) / ready >= plan.panicThreshold
  if (isOverThreshold) state.panicAt = now
  else if (state.panicAt !== null && now > state.panicAt + 1000 * plan.stableS) {
    state.panicAt = null
    state.panicMost = 0
  }
  let replicas = wantedFor(stable)
  let reason = `stable ${short(stable)} / target ${short(target)} = ${replicasText(replicas)}`
  if (state.panicAt !== null) {
    const inPanic = wantedFor(panic)
    if (inPanic > replicas) {
      reason = `panic ${short(panic)} / target ${short(target)} = ${replicasText(inPanic)}`
    }
    state.panicMost = Math.max(state.panicMost, replicas, inPanic)
    if (state.panicMost > Math.max(replicas, inPanic)) reason += '; no replica goes in panic'
    replicas = state.panicMost
  }
  if (plan.downDelayS > 0) {
    state.delayed.record(now, replicas)
    const kept = state.delayed.reduce(now, 1000 * plan.downDelayS, Math.max, replicas)
    if (kept !== replicas) reason += `; ${kept} kept for the scale-down delay`
    replicas = kept
  }
  return { replicas, reason }
}

/** The last replica stays for the grace period (pkg/reconciler/autoscaling/kpa/scaler.go). */
function toZero(
  { zeroGraceS, min }: PlanOf<'knative'>,
  state: Knative,
  { now, wanted }: ScalerView,
  decision: ScalingDecision,
): ScalingDecision {
  if (decision.replicas > 0 || min > 0 || wanted === 0) {
    state.zeroSince = null
    return decision
  }
  state.zeroSince ??= now
  if (now - state.zeroSince >= 1000 * zeroGraceS) return decision
  return {
    ...decision,
    replicas: 1,
    reason: `${decision.reason}; the last stays for the grace period`,
  }
}

/** Excess burst capacity: what the pool could take at once beyond its target burst. */
function excess({ target, targetBurst }: PlanOf<'knative'>, ready: number, panic: number): number {
  if (targetBurst === 0) return 0
  return targetBurst < 0 ? -1 : Math.floor(ready * target - targetBurst - panic)
}
