import type { ControlPlanePort, Ms, Source } from './ports.ts'

/**
 * Reports to a control plane that the traffic has ended: no request is on its way, and no client
 * will send one before a waiting request ends. Otherwise a batch would wait for requests that only
 * its own members could cause. From `reactsUntil` on, clients send nothing in response.
 *
 * Every driver of a control plane looks after each event, so simulated and live runs end alike.
 */
export class EndOfTraffic {
  /** when to look again though nothing happens; Infinity for never */
  wakeAt: Ms = Number.POSITIVE_INFINITY
  readonly #source: Source
  readonly #requests: { readonly inUse: number }
  /** whether it was declared since a request was on its way */
  #declared = false

  constructor(source: Source, requests: { readonly inUse: number }) {
    this.#source = source
    this.#requests = requests
  }

  /** Returns whether the end was declared just now. */
  look(now: Ms, control: ControlPlanePort): boolean {
    this.wakeAt = Number.POSITIVE_INFINITY
    // in this order: a source closes after its last request
    if (this.#source.isOpen === true || this.#source.peek() !== Number.POSITIVE_INFINITY) {
      this.#declared = false
      return false
    }
    if (this.#declared) return false
    const { reactsUntil } = this.#source
    const { waiting } = control
    if (reactsUntil > 0 && this.#requests.inUse > waiting) {
      // time alone ends nothing where no request waits
      if (waiting > 0) this.wakeAt = reactsUntil
      if (now < this.wakeAt) return false
    }
    this.#declared = true
    control.onEnd(now)
    return true
  }
}
