import { log } from '../../kernel/index.ts'
import { Arms } from './arms.ts'
import type { Controller, WindowView } from './control.ts'
import type { TuningPlan } from './tuning-plan.ts'

/**
 * UCB1 (Auer, Cesa-Bianchi and Fischer 2002): each value once, then the one with the highest mean
 * reward + √(2 ln n / its windows). The reward of a window is the share of its requests that ended
 * within the target. With a discount it is discounted UCB (Garivier and Moulines 2011), whose
 * windows count less the older they are.
 */
export function bandit(plan: Extract<TuningPlan, { controller: 'bandit' }>): Controller {
  const { values, discount } = plan
  const arms = new Arms(values.length, discount)
  // a value of the scenario that is not among them has no windows of its own
  let arm = values.indexOf(plan.start)
  return {
    decide(view: WindowView) {
      if (view.ended === 0) return null
      const measured = arms.record(arm, view)
      arm = highest(arms)
      const reason = arms.windows[arm] === 0 ? 'not tried yet' : 'highest upper confidence bound'
      return { value: values[arm]!, measured, reason }
    },
  }
}

function highest({ windows, rewards, untried }: Arms): number {
  if (untried >= 0) return untried
  const total = windows.reduce((sum, count) => sum + count, 0)
  let best = 0
  let bestBound = Number.NEGATIVE_INFINITY
  for (let i = 0; i < windows.length; i++) {
    const count = windows[i]!
    const bound = rewards[i]! / count + Math.sqrt((2 * Math.max(0, log(total))) / count)
    if (bound > bestBound) {
      best = i
      bestBound = bound
    }
  }
  return best
}
