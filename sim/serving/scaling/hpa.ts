import { BehaviourState } from './hpa-behaviour.ts'
import { type Proposal, proposal } from './hpa-ratio.ts'
import type { PlanOf } from './scaling-plan.ts'
import {
  replicasText,
  type ScalerView,
  type ScalingDecision,
  scalingPolicy,
} from './scaling-policy.ts'

/** The decision of a HorizontalPodAutoscaler on its figures, in the order of its metrics. */
export function hpaDecision(
  plan: Pick<PlanOf<'hpa'>, 'metrics' | 'scaleUp' | 'scaleDown' | 'min'>,
  state: BehaviourState,
  view: ScalerView,
): ScalingDecision {
  const { now, wanted } = view
  state.settle(now, wanted)
  const stay = (reason: string) => ({ replicas: wanted, reason })
  if (wanted === 0 && plan.min > 0)
    return stay('off: an HPA with a min above 0 does not start at 0')
  const proposals = plan.metrics.map((metric, i) =>
    proposal(metric, view.figures[i] ?? [], view, plan),
  )
  const delivered = proposals.filter((value): value is Proposal => value !== null)
  if (delivered.length === 0) return stay('no metric was delivered')
  const highest = delivered.reduce((a, b) => (b.replicas > a.replicas ? b : a))
  if (delivered.length < proposals.length && highest.replicas < wanted) {
    return stay('a metric was not delivered, so no replica is removed')
  }
  const { replicas, held } = state.apply(now, highest.replicas, wanted)
  const reason = `${highest.text} = ${replicasText(highest.replicas)}`
  return { replicas, reason: held === '' ? reason : `${reason}; ${held}` }
}

/**
 * The HorizontalPodAutoscaler of Kubernetes, `autoscaling/v2` (kubernetes.io/docs/tasks/
 * run-application/horizontal-pod-autoscale).
 */
export const hpa = scalingPolicy<'hpa', BehaviourState>({
  kind: 'hpa',
  intervalMs: ({ intervalS }) => 1000 * intervalS,
  needs: ({ metrics }) =>
    metrics.map(({ metric, type, windowS }) => ({
      metric,
      windowMs: 1000 * windowS,
      statistic: 'mean' as const,
      of: type === 'total' ? ('pool' as const) : ('replica' as const),
    })),
  begin: (plan) => new BehaviourState(plan),
  decide: hpaDecision,
})
