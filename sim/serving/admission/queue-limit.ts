import type { PoolPlan } from '../plan.ts'
import { REFUSAL } from '../ports.ts'
import type { AdmissionControl, AdmissionView } from './control.ts'

/** Limits the requests that wait in a queue, in all and of each priority level. */
export const queueLimit: AdmissionControl = Object.freeze({
  kind: 'queue',
  refusal: REFUSAL.queue,
  of({ maxLength, levels }: PoolPlan) {
    const limits = [maxLength, ...levels.map((level) => level.maxLength)]
    if (Math.min(...limits) === Number.POSITIVE_INFINITY) return null
    return {
      refuses: (_now: number, request: number, place: AdmissionView) => !place.hasRoomFor(request),
    }
  },
})
