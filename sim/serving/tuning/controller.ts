import { aimd } from './aimd.ts'
import { bandit } from './bandit.ts'
import type { Controller } from './control.ts'
import { pid } from './pid.ts'
import { thompson } from './thompson.ts'
import type { TuningPlan } from './tuning-plan.ts'

type PlanOf<C extends TuningPlan['controller']> = Extract<TuningPlan, { controller: C }>
type Controllers = {
  readonly [C in TuningPlan['controller']]: (plan: PlanOf<C>) => Controller
}

/** Every controller. A new one is a new entry here, and its configuration in the schema. */
const controllers: Controllers = Object.freeze({ aimd, pid, bandit, thompson })

export function controllerOf(plan: TuningPlan): Controller {
  return (controllers[plan.controller] as (plan: TuningPlan) => Controller)(plan)
}
