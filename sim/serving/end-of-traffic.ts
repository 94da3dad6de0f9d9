import type { ControlPlanePort, Ms, Source } from './ports.ts'

/**
 * Tells a control plane that the traffic has ended: no request is on its way, no client will send
 * one unless a request that waits ends before, and nothing is being served that could bring one. A
 * batch that waits for more would wait for requests that only its own members could bring. From
 * `reactsUntil` on nothing is sent, so it does not matter what is being served.
 *
 * Whatever drives a control plane looks here after every event, so both worlds end alike.
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
    if (this.#source.peek() !== Number.POSITIVE_INFINITY) {
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
