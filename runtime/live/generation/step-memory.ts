import type { Ms } from '../../../sim/serving/index.ts'
import type { Answer, BlockCounts, Operation, StepOrder, SteppedRun } from './sequence-runner.ts'

/** The shared memory between a dispatcher and an executor that generates. */
export interface StepMemoryParts {
  readonly words: SharedArrayBuffer
  readonly numbers: SharedArrayBuffer
  readonly limits: StepLimits
}

/** What a run may need at most. */
export interface StepLimits {
  readonly sequences: number
  /** tokens of a sequence */
  readonly context: number
}

/** Steps of a run: more are split into runs, which ends of steps allow. */
export const MOST_STEPS = 1024

const [STEPS, DECODES, OPERATIONS, YIELDS, RAN, ANSWERS, USED, KEPT, FREE, FRESH, DECIDING] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
] as const
const HEADER = 11
/** numbers before the ends of steps */
const FACTORS = 1

/** Looks for the end of a decision, about 0.2 ms at most: a dispatcher may stall. */
const MOST_LOOKS = 20_000

const [JOIN, CHUNK, LEAVE] = [0, 1, 2] as const
/** words of a join beside its tokens */
const JOIN_WORDS = 7
/** words of a leave and of a chunk */
const SHORT_WORDS = 3

/** A sequence may join, have a chunk and leave, and join again, between two runs. */
const JOINS_EACH = 2
const SHORTS_EACH = 4

export function stepMemory(limits: StepLimits): StepMemoryParts {
  const { operations, answers } = roomOf(limits)
  return {
    words: new SharedArrayBuffer(4 * (HEADER + operations + 2 * answers)),
    numbers: new SharedArrayBuffer(8 * (FACTORS + MOST_STEPS + answers)),
    limits,
  }
}

function roomOf({ sequences, context }: StepLimits) {
  const joins = JOINS_EACH * (JOIN_WORDS + context)
  return {
    operations: sequences * (joins + SHORTS_EACH * SHORT_WORDS),
    answers: sequences * MOST_STEPS,
  }
}

/**
 * Passes runs of steps to an executor, and what became of them back. Only the
 * side that the mailbox of the executor lets go on may use it.
 */
export class StepMemory {
  readonly #words: Int32Array
  readonly #operations: Int32Array
  readonly #answers: Int32Array
  readonly #ends: Float64Array
  readonly #margins: Float64Array
  readonly #factor: Float64Array

  constructor({ words, numbers, limits }: StepMemoryParts) {
    const { operations, answers } = roomOf(limits)
    this.#words = new Int32Array(words)
    this.#operations = new Int32Array(words, 4 * HEADER, operations)
    this.#answers = new Int32Array(words, 4 * (HEADER + operations), 2 * answers)
    this.#factor = new Float64Array(numbers, 0, FACTORS)
    this.#ends = new Float64Array(numbers, 8 * FACTORS, MOST_STEPS)
    this.#margins = new Float64Array(numbers, 8 * (FACTORS + MOST_STEPS), answers)
  }

  // the dispatcher's side

  write({ fresh, factor, operations, steps, decodes }: StepOrder): void {
    let at = 0
    for (const operation of operations) at = this.#writeOperation(at, operation)
    this.#words[OPERATIONS] = at
    this.#words[STEPS] = Math.min(steps, MOST_STEPS)
    this.#words[DECODES] = decodes ? 1 : 0
    this.#words[FRESH] = fresh ? 1 : 0
    this.#factor[0] = factor
    Atomics.store(this.#words, YIELDS, 0)
  }

  /** The run ends with the step under way. */
  yieldAtStep(): void {
    Atomics.store(this.#words, YIELDS, 1)
    Atomics.notify(this.#words, YIELDS)
  }

  /**
   * Whether the dispatcher has begun to handle an event, and has not said yet what follows from it.
   * A step may end in this time: without the word, one of eight arrivals waited for another step.
   */
  set deciding(is: boolean) {
    Atomics.store(this.#words, DECIDING, is ? 1 : 0)
  }

  /** What became of the last run. */
  get run(): SteppedRun {
    const answers = Array.from({ length: this.#words[ANSWERS]! }, (_, i): Answer => {
      const [sequence, token] = [this.#answers[2 * i]!, this.#answers[2 * i + 1]!]
      return { sequence, token, margin: this.#margins[i]! }
    })
    const steps = this.#words[RAN]!
    return { steps, ends: [...this.#ends.subarray(0, steps)], answers }
  }

  get counts(): BlockCounts {
    const [used, kept, free] = [USED, KEPT, FREE].map((at) => this.#words[at]!)
    return { used: used!, kept: kept!, free: free! }
  }

  // the executor's side

  read(): StepOrder {
    const operations: Operation[] = []
    for (let at = 0; at < this.#words[OPERATIONS]!; ) {
      const { operation, next } = this.#readOperation(at)
      operations.push(operation)
      at = next
    }
    const [steps, decodes, fresh] = [STEPS, DECODES, FRESH].map((at) => this.#words[at]!)
    const factor = this.#factor[0]!
    return { fresh: fresh === 1, factor, operations, steps: steps!, decodes: decodes === 1 }
  }

  /** At the end of a step: waits for a decision that has begun. */
  get yields(): boolean {
    for (let i = 0; i < MOST_LOOKS && Atomics.load(this.#words, DECIDING) === 1; i++);
    return Atomics.load(this.#words, YIELDS) === 1
  }

  /** Resolves once the run may have to end with the step under way, or has ended. */
  async whenYields(): Promise<void> {
    const { value } = Atomics.waitAsync(this.#words, YIELDS, 0)
    await value
  }

  finish({ steps, ends, answers }: SteppedRun, { used, kept, free }: BlockCounts): void {
    this.#words[RAN] = steps
    this.#ends.set(ends as readonly Ms[])
    this.#words[ANSWERS] = answers.length
    for (const [i, { sequence, token, margin }] of answers.entries()) {
      this.#answers[2 * i] = sequence
      this.#answers[2 * i + 1] = token
      this.#margins[i] = margin
    }
    this.#words[USED] = used
    this.#words[KEPT] = kept
    this.#words[FREE] = free
    // nothing waits any more for this run to yield
    Atomics.notify(this.#words, YIELDS)
  }

  /** Returns where the next one begins. */
  #writeOperation(at: number, operation: Operation): number {
    const words = this.#operations
    const { kind, sequence } = operation
    words[at + 1] = sequence
    if (kind === 'join') {
      const { ids, context, common, reserved, most } = operation
      const end = at + JOIN_WORDS + ids.length
      if (end > words.length) throw new Error('Expected room for a sequence that joins')
      words[at] = JOIN
      words.set([context, common, reserved, most, ids.length], at + 2)
      words.set(ids, at + JOIN_WORDS)
      return end
    }
    if (at + SHORT_WORDS > words.length) throw new Error('Expected room for an operation')
    words[at] = kind === 'chunk' ? CHUNK : LEAVE
    words[at + 2] = kind === 'chunk' ? operation.tokens : operation.done ? 1 : 0
    return at + SHORT_WORDS
  }

  #readOperation(at: number): { readonly operation: Operation; readonly next: number } {
    const words = this.#operations
    const [kind, sequence, third] = [words[at]!, words[at + 1]!, words[at + 2]!]
    const next = at + SHORT_WORDS
    if (kind === CHUNK) return { operation: { kind: 'chunk', sequence, tokens: third }, next }
    if (kind === LEAVE) return { operation: { kind: 'leave', sequence, done: third === 1 }, next }
    const [common, reserved, most, length] = words.subarray(at + 3, at + JOIN_WORDS)
    const from = at + JOIN_WORDS
    const ids = words.slice(from, from + length!)
    return {
      operation: {
        ...{ kind: 'join', sequence, ids, context: third },
        ...{ common: common!, reserved: reserved!, most: most! },
      },
      next: from + length!,
    }
  }
}
