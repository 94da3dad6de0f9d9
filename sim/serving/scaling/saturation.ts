import type { Ms } from '../ports.ts'
import { hpaDecision } from './hpa.ts'
import { BehaviourState } from './hpa-behaviour.ts'
import type { PlanOf } from './scaling-plan.ts'
import { type ScalerView, scalingPolicy, short } from './scaling-policy.ts'

type Thresholds = Pick<
  PlanOf<'saturation'>,
  'kvThreshold' | 'queueThreshold' | 'kvSpare' | 'queueSpare'
>

/** The load of one replica: the most of the last minute. */
export interface ReplicaLoad {
  readonly kv: number
  readonly queue: number
}

export interface SaturationVerdict {
  readonly change: 'up' | 'down' | 'none'
  readonly reason: string
}

/**
 * Whether a model needs a replica more, or can spare one (llm-d/llm-d-workload-variant-autoscaler
 * docs/saturation-analyzer.md @b08b1c7, steps 1 to 5).
 */
export function saturationOf(loads: readonly ReplicaLoad[], limits: Thresholds): SaturationVerdict {
  const free = loads.filter(
    ({ kv, queue }) => kv < limits.kvThreshold && queue < limits.queueThreshold,
  )
  const kv = free.reduce((sum, load) => sum + load.kv, 0)
  const queue = free.reduce((sum, load) => sum + load.queue, 0)
  /** the mean spare of the unsaturated replicas if they were so many */
  const spare = (replicas: number) => ({
    kv: replicas === 0 ? 0 : limits.kvThreshold - kv / replicas,
    queue: replicas === 0 ? 0 : limits.queueThreshold - queue / replicas,
  })
  const isTooLittle = ({ kv, queue }: ReplicaLoad) =>
    kv < limits.kvSpare || queue < limits.queueSpare
  const text = (load: ReplicaLoad) => `spare KV ${short(load.kv)}, spare queue ${short(load.queue)}`
  const now = spare(free.length)
  if (isTooLittle(now)) return { change: 'up', reason: `${text(now)}: too little` }
  const after = spare(free.length - 1)
  if (free.length >= 2 && !isTooLittle(after)) {
    return { change: 'down', reason: `${text(after)} with one replica less: enough` }
  }
  return { change: 'none', reason: text(now) }
}

/** A variant of a model: a pool with its cost. */
export interface Variant {
  readonly name: string
  readonly cost: number
  readonly ready: number
  readonly starting: number
}

/**
 * The replicas of each variant: one more of the cheapest variant (of equal ones the first by name)
 * that has none starting, or one less of the dearest (the last by name) that has more than one.
 */
export function variantTargets(
  variants: readonly Variant[],
  { change }: SaturationVerdict,
): ReadonlyMap<string, number> {
  const targets = new Map(variants.map(({ name, ready, starting }) => [name, ready + starting]))
  const ordered = [...variants].sort((a, b) => a.cost - b.cost || (a.name < b.name ? -1 : 1))
  const chosen =
    change === 'up'
      ? ordered.find(({ starting }) => starting === 0)
      : change === 'down'
        ? ordered.findLast(({ ready, starting }) => ready > 1 && starting === 0)
        : undefined
  if (chosen !== undefined) targets.set(chosen.name, chosen.ready + (change === 'up' ? 1 : -1))
  return targets
}

interface Saturation {
  readonly hpa: BehaviourState
  nextAnalysis: Ms
  desired: number | null
  reason: string
}

/**
 * llm-d's workload variant autoscaler, saturation engine V1, for one variant: its analysis sets a
 * number of replicas, and the HPA of its chart follows that number as an AverageValue of target 1.
 */
export const saturation = scalingPolicy<'saturation', Saturation>({
  kind: 'saturation',
  intervalMs: ({ syncS }) => 1000 * syncS,
  needs: ({ windowS }) =>
    (['kv_usage', 'queue_length'] as const).map((metric) => ({
      metric,
      windowMs: 1000 * windowS,
      statistic: 'max' as const,
      of: 'replica' as const,
    })),
  begin: (plan) => ({
    hpa: new BehaviourState(plan),
    nextAnalysis: Number.NEGATIVE_INFINITY,
    desired: null,
    reason: 'no analysis yet',
  }),
  decide(plan, state, view) {
    if (view.now >= state.nextAnalysis) {
      state.nextAnalysis = view.now + 1000 * plan.intervalS
      analyse(plan, state, view)
    }
    const { desired } = state
    if (desired === null) return { replicas: view.wanted, reason: state.reason }
    const metric = { metric: 'queue_length', target: 1, type: 'total', windowS: 0 } as const
    const { replicas } = hpaDecision({ ...plan, metrics: [metric] }, state.hpa, {
      ...view,
      figures: [[desired]],
    })
    const held = replicas === desired ? '' : `; the HPA has ${replicas}`
    return { replicas, reason: `${state.reason} = ${desired}${held}` }
  },
})

function analyse(
  plan: PlanOf<'saturation'>,
  state: Saturation,
  { figures, ready, starting }: ScalerView,
) {
  const [kv, queue] = [figures[0] ?? [], figures[1] ?? []]
  const loads = kv.flatMap((used, i) => {
    const waiting = queue[i] ?? Number.NaN
    return Number.isNaN(used) || Number.isNaN(waiting) ? [] : [{ kv: used, queue: waiting }]
  })
  if (loads.length === 0) {
    state.reason = 'no replica reports'
    return
  }
  const verdict = saturationOf(loads, plan)
  const variant = { name: 'pool', cost: 1, ready, starting }
  state.desired = variantTargets([variant], verdict).get('pool')!
  state.reason = verdict.reason
}
