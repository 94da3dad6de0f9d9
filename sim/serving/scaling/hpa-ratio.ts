import type { HpaBehaviour, HpaMetric } from './scaling-plan.ts'
import { type ScalerView, short } from './scaling-policy.ts'

/** What one metric proposes; null where the pipeline delivered nothing. */
export interface Proposal {
  readonly replicas: number
  readonly text: string
}

/**
 * The proposal of a metric (kubernetes pkg/controller/podautoscaler/replica_calculator.go:
 * calcPlainMetricReplicas and GetExternalPerPodMetricReplicas).
 */
export function proposal(
  { metric, target, type }: HpaMetric,
  figures: readonly number[],
  view: ScalerView,
  behaviour: HpaBehaviour,
): Proposal | null {
  if (type === 'total')
    return totalProposal(metric, target, figures[0] ?? Number.NaN, view, behaviour)
  const present = figures.filter((figure) => !Number.isNaN(figure))
  if (present.length === 0) return null
  const sum = present.reduce((total, figure) => total + figure, 0)
  const ratio = sum / present.length / target
  const missing = view.ready - present.length
  const waiting = ratio > 1 ? view.starting : 0
  const text = `${metric} ${short(sum / present.length)} / target ${short(target)}`
  const stay = { replicas: view.wanted, text }
  if (missing === 0 && waiting === 0) {
    if (tolerated(ratio, behaviour)) return stay
    return { replicas: Math.ceil(ratio * present.length), text }
  }
  // missing figures count as the target when scaling down and as 0 when scaling up; replicas that
  // are starting count as 0 when scaling up
  const assumed = ratio < 1 ? missing * target : 0
  const count = present.length + missing + waiting
  const corrected = (sum + assumed) / count / target
  const turns = (ratio < 1 && corrected > 1) || (ratio > 1 && corrected < 1)
  if (turns || tolerated(corrected, behaviour)) return stay
  const replicas = Math.ceil(corrected * count)
  const against = corrected < 1 ? replicas > view.wanted : replicas < view.wanted
  return against ? stay : { replicas, text }
}

/** AverageValue: the total over the target, whatever the present number of replicas. */
function totalProposal(
  metric: string,
  target: number,
  total: number,
  { wanted }: ScalerView,
  behaviour: HpaBehaviour,
): Proposal | null {
  if (Number.isNaN(total)) return null
  const text = `${metric} ${short(total)} in all / target ${short(target)} each`
  const ratio = total / (target * wanted)
  return { replicas: tolerated(ratio, behaviour) ? wanted : Math.ceil(total / target), text }
}

function tolerated(ratio: number, { scaleUp, scaleDown }: HpaBehaviour): boolean {
  return 1 - scaleDown.tolerance <= ratio && ratio <= 1 + scaleUp.tolerance
}
