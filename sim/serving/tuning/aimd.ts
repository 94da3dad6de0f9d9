import type { Controller, WindowView } from './control.ts'
import type { TuningPlan } from './tuning-plan.ts'

/**
 * Additive increase, multiplicative decrease (Chiu and Jain 1989). A concurrency limit that
 * refused nothing was not reached, and says nothing of higher ones: it stays, as in Netflix's
 * concurrency-limits, where a limit that is not used does not grow.
 */
export function aimd(plan: Extract<TuningPlan, { controller: 'aimd' }>): Controller {
  const { min, max, percentile, targetMs, increase, decrease } = plan
  let value = plan.start
  return {
    decide(view: WindowView) {
      if (view.latencies === 0) return null
      const measured = view.percentileMs(percentile)
      const missed = measured > targetMs
      if (missed) value = Math.max(min, value * decrease)
      else if (plan.setting === 'concurrency' && view.refused === 0) {
        return { value, measured, reason: 'limit not reached' }
      } else value = Math.min(max, value + increase)
      return { value, measured, reason: missed ? 'above the target' : 'within the target' }
    },
  }
}
