import type { ClassPlan, PoolPlan } from '../plan.ts'
import { REFUSAL } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { AdmissionControl } from './control.ts'

const endless = Number.POSITIVE_INFINITY

/** The more requests there are in the pool, the higher is the priority that is still let in. */
export const priorityShedding: AdmissionControl = Object.freeze({
  kind: 'priority',
  refusal: REFUSAL.priority,
  of({ admission }: PoolPlan, classes: readonly ClassPlan[], requests: Requests) {
    const limitOf = classes.map(
      (own) =>
        admission.priorityLimits.find(({ priority }) => priority === own.priority)?.limit ??
        endless,
    )
    if (limitOf.every((limit) => limit === endless)) return null
    return {
      refuses: (_now: number, request: number, _place: object, inPool: number) =>
        inPool >= limitOf[requests.class[request]!]!,
    }
  },
})
