import type { Ms } from '../../serving/index.ts'
import { FULL_PACE, type StepPace, type StepSpeed } from '../machine/speed.ts'
import type { DevicePower } from '../power/device-power.ts'
import { TimeSlices } from './time-slices.ts'

/** A time-sliced accelerator and its executors. */
export interface CardPlan {
  readonly executors: readonly number[]
  readonly switchShare: number
}

/** Executors whose batches end at times that move, and whose runs of steps can be cut. */
export interface MovableEnds {
  /** null: not as scheduled, and when is not known yet */
  moveEnd(executor: number, at: Ms | null): void
  yieldAtStep(executor: number): void
}

/** Time of batches and steps on shared cards, and the time that they would take alone, ms. */
export interface SlicedTime {
  readonly sharedMs: number
  readonly aloneMs: number
}

/**
 * The cards that executors share by time slicing. A batch that begins or ends moves the ends of all
 * others on its card. A step of an engine keeps the share that it began with: where that share
 * changes, the run ends with the step under way, and the next run begins at the new share.
 */
export class SharedCards implements StepSpeed {
  /** of each executor; undefined for one that has accelerators of its own */
  readonly #cardOf: (TimeSlices | undefined)[] = []
  readonly #cards: readonly TimeSlices[]
  /** when the work under way began, its time alone (null for a run of steps), and its share */
  readonly #began: { at: Ms; work: Ms | null; share: number }[] = []
  readonly #sliced: { sharedMs: number; aloneMs: number }[] = []
  readonly #countedFrom: Ms
  /** null where no power is simulated */
  readonly #power: DevicePower | null

  /** What ends before `warmupMs` does not count in `sliced`. */
  constructor(plans: readonly CardPlan[], warmupMs: Ms, power: DevicePower | null) {
    this.#countedFrom = warmupMs
    this.#power = power
    this.#cards = plans.map(({ executors, switchShare }) => {
      const card = new TimeSlices(switchShare)
      for (const executor of executors) {
        this.#cardOf[executor] = card
        this.#began[executor] = { at: 0, work: null, share: 1 }
        this.#sliced[executor] = { sharedMs: 0, aloneMs: 0 }
      }
      return card
    })
  }

  /** Begins a batch that takes `work` alone; false for an executor with a card of its own. */
  begin(now: Ms, executor: number, size: number, work: Ms): boolean {
    const card = this.#cardOf[executor]
    if (card === undefined) return false
    card.join(now, executor, size, work)
    this.#began[executor] = { at: now, work, share: 1 }
    return true
  }

  /** The batch of an executor has ended, or is lost; false where it had none on a shared card. */
  end(now: Ms, executor: number): boolean {
    const card = this.#cardOf[executor]
    return card !== undefined && this.#leave(now, executor, card)
  }

  /** A run of steps begins. */
  pace(executor: number, at: Ms, size: number): StepPace {
    const card = this.#cardOf[executor]
    if (card === undefined) return this.#power?.pace(executor, at, size) ?? FULL_PACE
    const { share } = card.join(at, executor, size, null)
    this.#began[executor] = { at, work: null, share }
    return { ...FULL_PACE, stretch: 1 / share }
  }

  ran(executor: number, from: Ms, to: Ms, size: number): void {
    const card = this.#cardOf[executor]
    if (card === undefined) this.#power?.ran(executor, from, to, size)
    else this.#leave(to, executor, card)
  }

  /** Schedules the next end of each card whose turns have changed. */
  settle(now: Ms, executors: MovableEnds): void {
    for (const card of this.#cards) {
      if (!card.changed) continue
      card.changed = false
      this.#share(now, card, executors)
      const next = card.next()
      for (const { executor, endsAt } of card.turns) {
        if (endsAt !== null) executors.moveEnd(executor, null)
      }
      if (next !== null) executors.moveEnd(next.executor, Math.max(now, next.at))
    }
  }

  /** Time on the card of each executor after the warm-up. */
  sliced(executor: number): SlicedTime | null {
    return this.#sliced[executor] ?? null
  }

  #share(now: Ms, card: TimeSlices, executors: MovableEnds): void {
    for (const turn of card.turns) {
      if (turn.endsAt !== null) turn.share = card.share
      else if (turn.share !== card.share) executors.yieldAtStep(turn.executor)
      this.#power?.slice(turn.executor, now, turn.size, turn.share)
    }
  }

  /** Whether the executor had work. */
  #leave(now: Ms, executor: number, card: TimeSlices): boolean {
    if (!card.leave(now, executor)) return false
    this.#power?.slice(executor, now, 0, 0)
    if (now < this.#countedFrom) return true
    const { at, work, share } = this.#began[executor]!
    const sliced = this.#sliced[executor]!
    sliced.sharedMs += now - at
    sliced.aloneMs += work ?? (now - at) * share
    return true
  }
}
