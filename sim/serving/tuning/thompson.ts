import { hashedNormal } from '../../kernel/index.ts'
import { Arms } from './arms.ts'
import type { Controller, WindowView } from './control.ts'
import type { TuningPlan } from './tuning-plan.ts'

const DRAW = 0x3c6ef372
/** More numbers of draws than a tuner has values: each pool has purposes of its own. */
const DRAWS = 64
/** Least standard deviation of a reward, so that equal windows leave room for others. */
const LEAST_SPREAD = 0.01

/**
 * Thompson sampling (Thompson 1933) with normal posteriors: each value once, then the one whose
 * drawn mean is highest. The posterior of a mean is that of a flat prior and of rewards with one
 * variance for all values, which is their pooled sample variance. With a discount windows count
 * less the older they are.
 */
export function thompson(plan: Extract<TuningPlan, { controller: 'thompson' }>): Controller {
  const { values, discount, pool } = plan
  const arms = new Arms(values.length, discount)
  const purpose = DRAW + DRAWS * (1 + pool)
  // a value of the scenario that is not among them has no windows of its own
  let arm = values.indexOf(plan.start)
  let window = 0
  return {
    decide(view: WindowView) {
      if (view.ended === 0) return null
      const measured = arms.record(arm, view)
      window++
      const { untried } = arms
      arm = untried >= 0 ? untried : drawn(arms, window, purpose)
      const reason = untried >= 0 ? 'not tried yet' : 'highest draw of a mean'
      return { value: values[arm]!, measured, reason }
    },
  }
}

function drawn({ windows, rewards, squares }: Arms, window: number, purpose: number): number {
  let count = 0
  let squared = 0
  for (let i = 0; i < windows.length; i++) {
    count += windows[i]!
    squared += squares[i]! - rewards[i]! ** 2 / windows[i]!
  }
  const spread = Math.max(LEAST_SPREAD, Math.sqrt(Math.max(0, squared) / count))
  let best = 0
  let highest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < windows.length; i++) {
    const normal = hashedNormal(window, purpose + 2 * i)
    const mean = rewards[i]! / windows[i]! + (normal * spread) / Math.sqrt(windows[i]!)
    if (mean > highest) {
      highest = mean
      best = i
    }
  }
  return best
}
