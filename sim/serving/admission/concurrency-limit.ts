import { REFUSAL } from '../ports.ts'
import { admissionControl } from './control.ts'

/** At most so many requests are in the pool, waiting and running: M/M/c/K, if they were Poisson. */
export const concurrencyLimit = admissionControl({
  kind: 'concurrency',
  refusal: REFUSAL.concurrency,
  of({ admission: { concurrencyLimit } }) {
    if (concurrencyLimit === Number.POSITIVE_INFINITY) return null
    let limit = concurrencyLimit
    return {
      refuses: (_now, _request, _place, inPool) => inPool >= limit,
      limitConcurrency(newLimit) {
        limit = newLimit
      },
    }
  },
})
