import { REFUSAL } from '../ports.ts'
import { admissionControl } from './control.ts'

const endless = Number.POSITIVE_INFINITY

/** The more requests there are in the pool, the higher is the priority that is still let in. */
export const priorityShedding = admissionControl({
  kind: 'priority',
  refusal: REFUSAL.priority,
  of({ admission }, classes, requests) {
    const limitOf = classes.map(
      (classPlan) =>
        admission.priorityLimits.find(({ priority }) => priority === classPlan.priority)?.limit ??
        endless,
    )
    if (limitOf.every((limit) => limit === endless)) return null
    return {
      refuses: (_now, request, _place, inPool) => inPool >= limitOf[requests.class[request]!]!,
    }
  },
})
