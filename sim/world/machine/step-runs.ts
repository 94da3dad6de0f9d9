import type { Ms, StepRun } from '../../serving/index.ts'

/** How long a step of an engine takes, ms at speed 1. */
export interface StepLaw {
  readonly baseMs: Ms
  /** for each sequence that takes part, with its prompt or with a token */
  readonly perSequenceMs: Ms
  readonly perPrefillTokenMs: Ms
  /** for each token in the KV caches of those who decode */
  readonly perContextTokenMs: Ms
}

/**
 * The runs that engines are on, one for each executor. Contexts grow by a token a step, so the
 * steps of a run take longer evenly, and so many of them together are a sum in closed form.
 */
export class StepRuns {
  readonly #started: Float64Array
  readonly #first: Float64Array
  /** what each step takes more than the one before */
  readonly #growth: Float64Array
  readonly #steps: Float64Array

  constructor(executors: number) {
    this.#started = new Float64Array(executors)
    this.#first = new Float64Array(executors)
    this.#growth = new Float64Array(executors)
    this.#steps = new Float64Array(executors)
  }

  /** Returns when the run ends unless it is cut. */
  begin(now: Ms, run: StepRun, law: StepLaw): Ms {
    const { executor, decodes, prefills } = run
    this.#started[executor] = now
    this.#first[executor] =
      law.baseMs +
      law.perSequenceMs * (decodes + prefills) +
      law.perPrefillTokenMs * run.prefillTokens +
      law.perContextTokenMs * run.context +
      run.extraMs
    this.#growth[executor] = law.perContextTokenMs * decodes
    this.#steps[executor] = run.steps
    return this.#after(executor, run.steps)
  }

  /** Cuts a run after its first step that ends after `now`; null where that is its last. */
  cut(now: Ms, executor: number): Ms | null {
    const steps = this.#stepsUntil(now, executor)
    if (steps >= this.#steps[executor]!) return null
    this.#steps[executor] = steps
    return this.#after(executor, steps)
  }

  stepsOf(executor: number): number {
    return this.#steps[executor]!
  }

  firstMs(executor: number): Ms {
    return this.#first[executor]!
  }

  lastMs(executor: number): Ms {
    return this.#first[executor]! + this.#growth[executor]! * (this.#steps[executor]! - 1)
  }

  /** When so many steps have ended. */
  #after(executor: number, steps: number): Ms {
    const grown = (this.#growth[executor]! * steps * (steps - 1)) / 2
    return this.#started[executor]! + steps * this.#first[executor]! + grown
  }

  /** The fewest steps that last beyond `now`: what ends at an instant has ended before it. */
  #stepsUntil(now: Ms, executor: number): number {
    const all = this.#steps[executor]!
    const elapsed = now - this.#started[executor]!
    const growth = this.#growth[executor]!
    // elapsed = growth / 2 * steps² + (first - growth / 2) * steps
    const linear = this.#first[executor]! - growth / 2
    const root =
      growth > 0
        ? (2 * elapsed) / (linear + Math.sqrt(linear * linear + 2 * growth * elapsed))
        : elapsed / linear
    let steps = Math.min(all, Math.max(1, Math.ceil(root) || 1))
    // the root is rounded: the ends of steps decide
    while (steps > 1 && this.#after(executor, steps - 1) > now) steps--
    while (steps < all && this.#after(executor, steps) <= now) steps++
    return steps
  }
}
