import type { Random } from '../../sim/kernel/index.ts'
import type { StepAmounts } from '../../sim/world/index.ts'
import type { Operation, StepOrder } from '../live/generation/sequence-runner.ts'
import { sizeGrid } from './script-plan.ts'

/** What an executor may be given. */
export interface StepLimits {
  readonly sequences: number
  /** tokens of a sequence */
  readonly context: number
  /** tokens of prompts in a step */
  readonly promptTokens: number
  readonly blocks: number
  readonly blockTokens: number
  readonly vocabulary: number
}

/** A run of steps, and what each of its steps computes. */
export interface PlannedSteps {
  readonly order: StepOrder
  readonly steps: readonly StepAmounts[]
}

/** Steps of a run with as many sequences; the first begins with other caches than the others. */
const STEPS = 4
/** Contexts of a round, as shares of the longest one. */
const LEVELS = [0.05, 0.15, 0.4, 1] as const
/** Prompts of a step beside sequences that decode, as shares of the most tokens. */
const PROMPTS = [1, 0.5, 0.2, 0.05] as const

/**
 * A round of a calibration: sequences grow to each of some contexts in chunks of their prompts, all
 * of them decode, and fewer and fewer, with prompts beside some of these steps. The first order
 * begins with an empty cache.
 */
export function stepRound(limits: StepLimits, random: Random): PlannedSteps[] {
  const round = new Round(limits, random)
  for (const share of LEVELS) round.level(share)
  return round.planned
}

class Round {
  readonly planned: PlannedSteps[] = []
  readonly #limits: StepLimits
  readonly #random: Random
  /** what decodes: tokens in the cache, by sequence */
  readonly #decoding = new Map<number, number>()
  #next = 0
  /** operations before the next run */
  #operations: Operation[] = []

  constructor(limits: StepLimits, random: Random) {
    this.#limits = limits
    this.#random = random
  }

  /** All sequences have contexts of about this share of the longest one. */
  level(share: number): void {
    const { sequences, context } = this.#limits
    const counts = sizeGrid(sequences).toReversed()
    // steps of each count make contexts longer, and so does the prompt beside them
    const growth = counts.length * (STEPS + 1)
    const room = this.#tokensOf(sequences + 1)
    const most = Math.min(context, room) - growth - 1
    const length = Math.max(1, Math.round(share * most))
    while (this.#decoding.size < sequences) this.#grow(length)
    for (const [i, count] of counts.entries()) {
      while (this.#decoding.size > count) this.#leave()
      this.#decode(STEPS)
      this.#beside(PROMPTS[i % PROMPTS.length]!)
    }
    while (this.#decoding.size > 0) this.#leave()
  }

  /** Tokens that each of so many sequences may have in the cache. */
  #tokensOf(sequences: number): number {
    const { blocks, blockTokens } = this.#limits
    return Math.max(1, Math.floor(blocks / sequences)) * blockTokens
  }

  /** A sequence with a prompt of this length, computed in chunks while none decodes. */
  #grow(length: number): void {
    const id = this.#join(length)
    for (let past = 0; past < length; ) {
      const tokens = Math.min(length - past, this.#limits.promptTokens)
      this.#operations.push({ kind: 'chunk', sequence: id, tokens })
      this.#run(false, [{ decodes: 0, longest: 0, promptTokens: tokens, promptPast: past }])
      past += tokens
    }
    this.#decoding.set(id, length)
  }

  #decode(steps: number): void {
    this.#run(
      true,
      Array.from({ length: steps }, (_, i) => this.#amounts(i)),
    )
    for (const [id, past] of this.#decoding) this.#decoding.set(id, past + steps)
  }

  /** A step with a prompt beside those that decode; it leaves then. */
  #beside(share: number): void {
    const { promptTokens, context } = this.#limits
    const most = Math.min(promptTokens, context - 1, this.#tokensOf(this.#limits.sequences + 1))
    const length = Math.max(1, Math.round(share * most))
    const id = this.#join(length)
    this.#operations.push({ kind: 'chunk', sequence: id, tokens: length })
    this.#run(true, [{ ...this.#amounts(0), promptTokens: length }])
    for (const [each, past] of this.#decoding) this.#decoding.set(each, past + 1)
    this.#operations.push({ kind: 'leave', sequence: id, done: false })
  }

  /** What step number `i` of a run computes, of those that decode. */
  #amounts(i: number): StepAmounts {
    const longest = Math.max(...this.#decoding.values()) + i + 1
    return { decodes: this.#decoding.size, longest, promptTokens: 0, promptPast: 0 }
  }

  #join(length: number): number {
    const { vocabulary, context } = this.#limits
    const ids = Int32Array.from({ length }, () => this.#random.integer(vocabulary))
    const id = this.#next++
    this.#operations.push({
      ...{ kind: 'join', sequence: id, ids, context: length, common: 0, reserved: length },
      most: context,
    })
    return id
  }

  /** The sequence that decodes for the longest time. */
  #leave(): void {
    const [id] = this.#decoding.keys()
    this.#decoding.delete(id!)
    this.#operations.push({ kind: 'leave', sequence: id!, done: false })
  }

  #run(decodes: boolean, steps: readonly StepAmounts[]): void {
    const fresh = this.planned.length === 0
    const order = { fresh, factor: 1, operations: this.#operations, decodes, steps: steps.length }
    this.planned.push({ order, steps })
    this.#operations = []
  }
}
