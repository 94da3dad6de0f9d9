import type { Ms } from '../../serving/index.ts'
import type { LoadEnd } from './model-loads.ts'

const GIB = 1024 ** 3

/** A load in progress: set-up, then the transfer of its bytes. */
interface Load {
  readonly executor: number
  readonly passesFrom: Ms
  leftBytes: number
  /** if no further load begins, ms */
  endsAt: Ms
}

/**
 * The transfer of weights to a device. Loads in progress have equal shares of its bandwidth
 * (processor sharing), because models are copied tensor by tensor and alternate at that grain.
 * Their set-up times overlap.
 */
export class WeightLink {
  readonly #setUpMs: Ms
  readonly #bytesPerMs: number
  #loads: Load[] = []
  #now: Ms = 0

  constructor({ gibPerS, setUpMs }: { readonly gibPerS: number; readonly setUpMs: Ms }) {
    this.#setUpMs = setUpMs
    this.#bytesPerMs = (gibPerS * GIB) / 1000
  }

  /** Begins a load. Returns the end of each load in progress if no further one begins. */
  begin(now: Ms, executor: number, bytes: number): readonly LoadEnd[] {
    this.#to(now)
    const passesFrom = now + this.#setUpMs
    this.#loads.push({ executor, passesFrom, leftBytes: bytes, endsAt: passesFrom })
    return this.#ends()
  }

  /** Gives up the load of an executor, if it has one. Returns the new ends of the others. */
  abort(now: Ms, executor: number): readonly LoadEnd[] {
    this.#to(now)
    const others = this.#loads.filter((load) => load.executor !== executor)
    if (others.length === this.#loads.length) return []
    this.#loads = others
    return this.#ends()
  }

  #to(now: Ms): void {
    this.#pass(this.#loads, now)
    this.#loads = this.#loads.filter(({ endsAt }) => endsAt > now)
    this.#now = now
  }

  #ends(): readonly LoadEnd[] {
    const ahead = this.#loads.map((load) => ({ ...load }))
    this.#pass(ahead, Number.POSITIVE_INFINITY)
    for (const [i, { endsAt }] of ahead.entries()) this.#loads[i]!.endsAt = endsAt
    return this.#loads.map(({ executor: loader, endsAt: at }) => ({ executor: loader, at }))
  }

  /** Transfers bytes until a time, or until none are left. */
  #pass(loads: readonly Load[], until: Ms): void {
    for (let at = this.#now; at < until; ) {
      const coming = loads.filter(({ leftBytes }) => leftBytes > 0)
      if (coming.length === 0) return
      const passing = coming.filter(({ passesFrom }) => passesFrom <= at)
      const joins = coming.map(({ passesFrom }) => passesFrom).filter((from) => from > at)
      const share = this.#bytesPerMs / Math.max(1, passing.length)
      const least = Math.min(...passing.map(({ leftBytes }) => leftBytes))
      const next = Math.min(until, at + least / share, ...joins)
      for (const load of passing) {
        const isThrough = load.leftBytes === least && next === at + least / share
        load.leftBytes = isThrough ? 0 : Math.max(0, load.leftBytes - (next - at) * share)
        if (load.leftBytes === 0) load.endsAt = next
      }
      at = next
    }
  }
}
