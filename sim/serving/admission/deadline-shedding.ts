import { type Batch, type Ms, REFUSAL, STATUS } from '../ports.ts'
import type { Requests } from '../requests.ts'
import { type AdmissionView, admissionControl, type Control } from './control.ts'
import { ServiceTimes } from './service-times.ts'

/**
 * Refuses a request that is predicted to end too late in FIFO order: the ones before it, per
 * executor, at the mean time for a request, and a batch of its own. No request is refused while an
 * executor is free, so that a wrong belief about service times is always tried again.
 */
class DeadlineShedding implements Control {
  readonly #times = new ServiceTimes()
  /** by class, from the scheduled arrival */
  readonly #limitsMs: readonly Ms[]
  readonly #requests: Requests

  constructor(limitsMs: readonly Ms[], requests: Requests) {
    this.#limitsMs = limitsMs
    this.#requests = requests
  }

  refuses(now: Ms, request: number, place: AdmissionView): boolean {
    if (place.hasFreeExecutor || !this.#times.known) return false
    const { at, class: numbers } = this.#requests
    const latest = at[request]! + this.#limitsMs[numbers[request]!]!
    return now + this.#times.sojournMs(place.load) >= latest
  }

  ended(now: Ms, { dispatched, size, status }: Batch): void {
    if (status === STATUS.ok) this.#times.observe(now - dispatched, size)
  }
}

export const deadlineShedding = admissionControl({
  kind: 'deadline',
  refusal: REFUSAL.deadline,
  of({ admission }, classes, requests) {
    const { deadlineMarginMs: marginMs } = admission
    if (marginMs === null) return null
    const limitsMs = classes.map(({ deadlineMs }) => deadlineMs - marginMs)
    return new DeadlineShedding(limitsMs, requests)
  },
})
