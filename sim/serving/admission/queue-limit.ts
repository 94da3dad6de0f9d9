import { REFUSAL } from '../ports.ts'
import { admissionControl } from './control.ts'

/** Limits the requests that wait in a queue, in all and of each priority level. */
export const queueLimit = admissionControl({
  kind: 'queue',
  refusal: REFUSAL.queue,
  of({ maxLength, levels }) {
    const limits = [maxLength, ...levels.map((level) => level.maxLength)]
    if (Math.min(...limits) === Number.POSITIVE_INFINITY) return null
    return { refuses: (_now, request, place) => !place.hasRoomFor(request) }
  },
})
