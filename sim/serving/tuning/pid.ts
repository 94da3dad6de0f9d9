import type { Controller, WindowView } from './control.ts'
import type { TuningPlan } from './tuning-plan.ts'

/**
 * A PID controller in its velocity form (Åström and Hägglund 2006, section 13.4): each error moves
 * the value, so a value at its bound does not wind up. Errors are (target − measured) / target, at
 * least −1, so that one long window does not outweigh all others.
 */
export function pid(plan: Extract<TuningPlan, { controller: 'pid' }>): Controller {
  const { min, max, percentile, targetMs, proportional, integral, derivative } = plan
  let value = plan.start
  let last = Number.NaN
  let beforeLast = Number.NaN
  return {
    decide(view: WindowView) {
      if (view.latencies === 0) return null
      const measured = view.percentileMs(percentile)
      const error = Math.max(-1, (targetMs - measured) / targetMs)
      const change = Number.isNaN(last) ? 0 : error - last
      const bend = Number.isNaN(beforeLast) ? 0 : error - 2 * last + beforeLast
      const move = proportional * change + integral * error + derivative * bend
      value = Math.min(max, Math.max(min, value + (max - min) * move))
      beforeLast = last
      last = error
      return { value, measured, reason: error < 0 ? 'above the target' : 'below the target' }
    },
  }
}
