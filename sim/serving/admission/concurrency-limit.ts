import type { PoolPlan } from '../plan.ts'
import { REFUSAL } from '../ports.ts'
import type { AdmissionControl } from './control.ts'

/** At most so many requests are in the pool, waiting and running: M/M/c/K, if they were Poisson. */
export const concurrencyLimit: AdmissionControl = Object.freeze({
  kind: 'concurrency',
  refusal: REFUSAL.concurrency,
  of({ admission: { concurrencyLimit: limit } }: PoolPlan) {
    if (limit === Number.POSITIVE_INFINITY) return null
    return {
      refuses: (_now: number, _request: number, _place: object, inPool: number) => inPool >= limit,
    }
  },
})
