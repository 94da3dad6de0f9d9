import type { Ms, Observer, StepRun, TokenGapRun } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { EngineHost } from './engine-host.ts'
import type { Sequences } from './sequences.ts'

/**
 * The gaps between the tokens of sequences that decode together. All that took part in a step had
 * their last tokens at once, so a class of them is a number; only a sequence that has not been in a
 * step yet has a time of its own.
 */
export class TokenGaps {
  /** the event for observers, written over each time */
  readonly #run: TokenGapRun
  readonly #requests: Requests
  readonly #sequences: Sequences
  readonly #observer: Observer
  /** of each class: the sequences that had a token at `#last` */
  readonly #together: Float64Array
  #last: Ms = Number.NaN
  #now: Ms = Number.NaN
  /** the sequences that have not been in a step yet */
  readonly #fresh: number[] = []

  constructor(
    executor: number,
    host: Pick<EngineHost, 'classes' | 'requests' | 'sequences' | 'observer'>,
  ) {
    this.#run = { executor, class: 0, fromMs: 0, toMs: 0, steps: 0, sequences: 0 }
    this.#requests = host.requests
    this.#sequences = host.sequences
    this.#observer = host.observer
    this.#together = new Float64Array(host.classes.length)
  }

  join(request: number): void {
    this.#fresh.push(request)
  }

  /** Takes one out whose tokens go on later; returns when its last one came. */
  remove(request: number, isFresh: boolean): Ms {
    if (!isFresh) {
      this.#together[this.#requests.class[request]!]!--
      return this.#last
    }
    this.#fresh.splice(this.#fresh.indexOf(request), 1)
    return this.#sequences.tokenAt[request]!
  }

  /** One that does not decode had a token, the first since `before`. */
  token(now: Ms, request: number, before: Ms): void {
    this.#now = now
    this.#record(this.#requests.class[request]!, now - before, now - before, 1, 1)
  }

  /** All sequences got a token with each step of a run; its first and last step took so long. */
  tokens(now: Ms, run: StepRun, firstMs: Ms, lastMs: Ms): void {
    const { started, steps } = run
    const secondMs = steps > 1 ? firstMs + (lastMs - firstMs) / (steps - 1) : lastMs
    const firstEnd = started + firstMs
    const classes = this.#together.length
    this.#now = now
    for (let number = 0; number < classes; number++) {
      const count = this.#together[number]!
      if (count === 0) continue
      if (run.stepEnds) this.#singly(number, run, this.#last, count)
      else if (this.#last === started) this.#record(number, firstMs, lastMs, steps, count)
      else {
        this.#record(number, firstEnd - this.#last, firstEnd - this.#last, 1, count)
        this.#record(number, secondMs, lastMs, steps - 1, count)
      }
    }
    for (const request of this.#fresh) {
      const number = this.#requests.class[request]!
      const before = this.#sequences.tokenAt[request]!
      if (run.stepEnds) this.#singly(number, run, before, 1)
      else if (before === started) this.#record(number, firstMs, lastMs, steps, 1)
      else {
        this.#record(number, firstEnd - before, firstEnd - before, 1, 1)
        this.#record(number, secondMs, lastMs, steps - 1, 1)
      }
      this.#together[number]!++
    }
    // to set a length takes long
    if (this.#fresh.length > 0) this.#fresh.length = 0
    this.#last = now
  }

  /** The gaps of steps that scatter, the first one since `before`. */
  #singly(number: number, { started, steps, stepEnds }: StepRun, before: Ms, count: number): void {
    let last = before - started
    for (let i = 0; i < steps; i++) {
      const end = stepEnds![i]!
      this.#record(number, end - last, end - last, 1, count)
      last = end
    }
  }

  #record(number: number, fromMs: Ms, toMs: Ms, steps: number, sequences: number): void {
    if (steps === 0) return
    const run = this.#run
    run.class = number
    run.fromMs = fromMs
    run.toMs = toMs
    run.steps = steps
    run.sequences = sequences
    this.#observer.gaps?.(this.#now, run)
  }
}
