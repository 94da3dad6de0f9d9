import type { ScalingLimits } from './scaling-plan.ts'
import type { ScalingDecision } from './scaling-policy.ts'

/**
 * A decision within the limits of its pool: first the steps, seen from the replicas that are asked
 * for at present, then the least and the most replicas, which win.
 */
export function limited(
  decision: ScalingDecision,
  { min, max, maxStepUp, maxStepDown }: ScalingLimits,
  wanted: number,
): ScalingDecision {
  const within = (replicas: number, limit: string): ScalingDecision =>
    replicas === decision.replicas
      ? decision
      : { ...decision, replicas, reason: `${decision.reason}; limited to ${replicas} by ${limit}` }
  const most = wanted + (maxStepUp ?? Number.POSITIVE_INFINITY)
  const least = wanted - (maxStepDown ?? Number.POSITIVE_INFINITY)
  const stepped = Math.max(least, Math.min(most, decision.replicas))
  if (stepped > max) return within(max, 'max')
  if (stepped < min) return within(min, 'min')
  return within(stepped, stepped < decision.replicas ? 'max_step_up' : 'max_step_down')
}
