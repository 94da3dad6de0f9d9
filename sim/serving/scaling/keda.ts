import type { Ms } from '../ports.ts'
import { hpaDecision } from './hpa.ts'
import { BehaviourState } from './hpa-behaviour.ts'
import type { PlanOf } from './scaling-plan.ts'
import {
  poolFigure,
  type ScalerView,
  type ScalingDecision,
  scalingPolicy,
  short,
} from './scaling-policy.ts'

interface Keda {
  readonly hpa: BehaviourState
  createdAt: Ms | null
  lastActive: Ms | null
  failures: number
  nextPoll: Ms
  nextSync: Ms
}

/** The largest time that divides two times, so that both loops have their ticks. */
function commonMs(a: Ms, b: Ms): Ms {
  return b < 1e-6 ? a : commonMs(b, a % b)
}

/**
 * KEDA: a loop of its own starts and stops the pool (0 to 1 and back), and an HPA that it feeds
 * does the rest (keda.sh/docs/2.19/reference/scaledobject-spec; kedacore/keda
 * pkg/scaling/executor/scale_scaledobjects.go).
 */
export const keda = scalingPolicy<'keda', Keda>({
  kind: 'keda',
  intervalMs: ({ pollingS, intervalS }) => commonMs(1000 * pollingS, 1000 * intervalS),
  needs: ({ metric, windowS }) => [
    { metric, windowMs: 1000 * windowS, statistic: 'mean', of: 'pool' },
  ],
  begin: (plan) => ({
    hpa: new BehaviourState(plan),
    createdAt: null,
    lastActive: null,
    failures: 0,
    nextPoll: Number.NEGATIVE_INFINITY,
    nextSync: Number.NEGATIVE_INFINITY,
  }),
  decide(plan, state, view) {
    const { now, wanted } = view
    state.createdAt ??= now
    let decision: ScalingDecision = { replicas: wanted, reason: 'between two polls' }
    if (now >= state.nextSync) {
      state.nextSync = now + 1000 * plan.intervalS
      decision = sync(plan, state, view)
    }
    if (now >= state.nextPoll) {
      state.nextPoll = now + 1000 * plan.pollingS
      decision = poll(plan, state, view) ?? decision
    }
    return decision
  },
})

/** The loop of KEDA: whether the pool runs at all; null where that stays. */
function poll(plan: PlanOf<'keda'>, state: Keda, view: ScalerView): ScalingDecision | null {
  const { now, wanted } = view
  const value = poolFigure(view, 0)
  if (Number.isNaN(value)) return null
  const text = `${plan.metric} ${short(value)}, activation ${short(plan.activation)}`
  const restingReplicas = plan.idle ?? plan.min
  if (value > plan.activation) {
    state.lastActive = now
    if (wanted > (plan.idle ?? 0)) return null
    return { replicas: Math.max(plan.min, 1), reason: `${text}: the pool starts` }
  }
  const stops = wanted > restingReplicas && (plan.idle !== undefined || plan.min === 0)
  if (!stops)
    return wanted < restingReplicas
      ? { replicas: restingReplicas, reason: `${text}: min is restored` }
      : null
  const { lastActive, createdAt } = state
  const isCooledDown =
    lastActive === null
      ? now > createdAt! + 1000 * plan.initialCooldownS
      : now > lastActive + 1000 * plan.cooldownS
  return isCooledDown
    ? { replicas: restingReplicas, reason: `${text}: idle for the cooldown, the pool stops` }
    : null
}

/** The HPA that KEDA feeds; it does not act at 0, and its own minimum is 1. */
function sync(plan: PlanOf<'keda'>, state: Keda, view: ScalerView): ScalingDecision {
  const { threshold, fallback, type } = plan
  if (view.wanted === 0 || view.wanted === plan.idle) {
    state.hpa.settle(view.now, view.wanted)
    return { replicas: view.wanted, reason: 'idle' }
  }
  let total = poolFigure(view, 0)
  let cause = ''
  state.failures = Number.isNaN(total) ? state.failures + 1 : 0
  if (fallback !== undefined && state.failures > fallback.failures) {
    total = type === 'average' ? threshold * fallback.replicas : Number.NaN
    if (type === 'value') total = (threshold * fallback.replicas) / Math.max(1, view.ready)
    cause = 'fallback: '
  }
  // Value: ready replicas * value / threshold, so the figure of each replica is the value itself
  const average = type === 'average'
  const figures = average ? [[total]] : [Array.from({ length: view.ready }, () => total)]
  const metric = { metric: plan.metric, target: threshold, windowS: plan.windowS }
  const hpa = { ...plan, metrics: [{ ...metric, type: average ? 'total' : 'average' } as const] }
  const decision = hpaDecision(hpa, state.hpa, {
    ...view,
    starting: average ? view.starting : 0,
    figures,
  })
  const least = Math.max(1, plan.min)
  const { replicas, reason } = decision
  return { replicas: Math.max(least, replicas), reason: `${cause}${reason}` }
}
