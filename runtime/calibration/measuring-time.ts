import type { Ms } from '../../sim/serving/index.ts'
import type { Progress } from '../live/fleet.ts'

type ShowPhase = (phase: string, ...progress: Parameters<Progress>) => void

/** The time that a calibration was given: what is left of it, and its progress in ms. */
export class MeasuringTime {
  readonly #givenMs: Ms
  readonly #onProgress: ShowPhase
  readonly #now: () => Ms
  /** what is expected to be needed: more than given where no less will do */
  #neededMs: Ms
  #from: Ms | null = null
  #phase = ''

  constructor(givenMs: Ms, onProgress: ShowPhase, now: () => Ms = () => performance.now()) {
    this.#givenMs = givenMs
    this.#neededMs = givenMs
    this.#onProgress = onProgress
    this.#now = now
  }

  /** The next phase, which takes at least `leastMs`. The first one starts the time. */
  begin(phase: string, leastMs: Ms = 0): void {
    this.#from ??= this.#now()
    this.#phase = phase
    this.#neededMs = Math.max(this.#neededMs, this.#spentMs() + leastMs)
    this.show()
  }

  /** 0 where it is used up. */
  leftMs(): Ms {
    return Math.max(0, this.#givenMs - this.#spentMs())
  }

  readonly show = (): void => {
    this.#onProgress(this.#phase, Math.min(this.#neededMs, this.#spentMs()), this.#neededMs)
  }

  #spentMs(): Ms {
    return this.#from === null ? 0 : this.#now() - this.#from
  }
}
