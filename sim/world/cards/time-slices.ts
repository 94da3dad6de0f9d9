import type { Ms } from '../../serving/index.ts'

/** An executor that has work on a card. */
export interface Turn {
  readonly executor: number
  /** requests of its batch, or sequences of its run */
  readonly size: number
  /** virtual time at which its batch ends, ms; null for the run of an engine */
  readonly endsAt: Ms | null
  /** its share of the speed of the card: of a batch now, of a run since it began */
  share: number
}

/**
 * The time of one accelerator whose replicas take turns (processor sharing): while n of them have
 * work, each has 1/n of its speed. Time slices are short against batches, so their order within a
 * round is not simulated.
 *
 * Work of different CUDA contexts is scheduled by a time-sliced scheduler and cannot run at once
 * (NVIDIA, Multi-Process Service, Architecture: docs.nvidia.com/deploy/mps/architecture.html).
 * NVIDIA publishes neither the length of a slice nor the time of a switch, so `switchShare` is
 * declared.
 *
 * A batch that has the card to itself takes 1 ms of virtual time for each ms, and all batches on
 * the card move through virtual time together (Parekh and Gallager 1993). So the order in which
 * they end is known when they begin, and only the next end has an event.
 */
export class TimeSlices {
  readonly turns: Turn[] = []
  /** whether the turns have changed since the world last asked */
  changed = false
  readonly #switchShare: number
  #now: Ms = 0
  #virtual: Ms = 0

  constructor(switchShare: number) {
    this.#switchShare = switchShare
  }

  /** The share of the speed of the card that each replica with work has. */
  get share(): number {
    const { length } = this.turns
    return length > 1 ? (1 - this.#switchShare) / length : 1
  }

  /** `work`: of a batch, ms of the whole card; null for a run of steps. */
  join(now: Ms, executor: number, size: number, work: Ms | null): Turn {
    this.#passTo(now)
    const endsAt = work === null ? null : this.#virtual + work
    const turn: Turn = { executor, size, endsAt, share: 1 }
    this.turns.push(turn)
    turn.share = this.share
    this.changed = true
    return turn
  }

  /** False for an executor that has no turn. */
  leave(now: Ms, executor: number): boolean {
    const index = this.turns.findIndex((turn) => turn.executor === executor)
    if (index < 0) return false
    this.#passTo(now)
    this.turns.splice(index, 1)
    this.changed = true
    // short times keep virtual time exact
    if (this.turns.length === 0) this.#virtual = 0
    return true
  }

  /** The batch that ends next, and when if nothing else changes; null without a batch. */
  next(): { readonly executor: number; readonly at: Ms } | null {
    let next: Turn | null = null
    for (const turn of this.turns) {
      if (turn.endsAt !== null && (next === null || turn.endsAt < next.endsAt!)) next = turn
    }
    if (next === null) return null
    const left = Math.max(0, next.endsAt! - this.#virtual)
    return { executor: next.executor, at: this.#now + left / this.share }
  }

  #passTo(now: Ms): void {
    if (this.turns.length > 0) this.#virtual += (now - this.#now) * this.share
    this.#now = now
  }
}
