import { Failure } from '../../scenarios/index.ts'
import { Random } from '../../sim/kernel/index.ts'
import type { Ms } from '../../sim/serving/index.ts'
import { rowsOf, type StepAmounts } from '../../sim/world/index.ts'
import type { Operation, StepOrder } from '../live/generation/sequence-runner.ts'
import { sizeGrid } from './script-plan.ts'

/** What an executor may be given. `blocks` may be infinite. */
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

/** How many sequences decode together, and up to how many tokens each of them has in a step. */
export interface StepLevel {
  readonly sequences: number
  readonly context: number
}

/** Steps of a run with as many sequences; the first begins with other caches than the others. */
const STEPS = 4
/** Contexts of a round, as shares of the longest one that a sequence may have. */
const LEVELS = [0.05, 0.15, 0.4, 1] as const
/** Prompts of a step beside sequences that decode, as shares of the most tokens. */
const PROMPTS = [1, 0.5, 0.2, 0.05] as const
/** A sequence of one token has a prompt, and no step in which it decodes. */
const LEAST_CONTEXT = 2

/**
 * What a round measures, by rising contexts. Where blocks are few, long contexts are those of a few
 * sequences, and another level has as many sequences as there is room for. A block is left for a
 * prompt beside sequences. Throws `Failure` where no sequence can decode.
 */
export function stepLevels(limits: StepLimits): StepLevel[] {
  refuseTooSmall(limits)
  const { sequences, blocks, blockTokens } = limits
  const longest = longestContext(limits)
  const together = (context: number) => {
    const room = Math.floor((blocks - 1) / Math.ceil(context / blockTokens))
    return Math.max(1, Math.min(sequences, room))
  }
  const most = together(LEAST_CONTEXT)
  const shared = Math.floor((blocks - 1) / most) * blockTokens
  const contexts = LEVELS.map((share) => Math.max(LEAST_CONTEXT, Math.round(share * longest)))
  const own = together(contexts[0]!) < most ? [Math.max(LEAST_CONTEXT, shared)] : []
  return [...new Set([...own, ...contexts])].map((context) => ({
    sequences: together(context),
    context,
  }))
}

/** The most tokens that a sequence may have, alone. */
const longestContext = ({ context, blocks, blockTokens }: StepLimits) =>
  Math.min(context, blocks * blockTokens)

function refuseTooSmall(limits: StepLimits): void {
  const { sequences, promptTokens, context, blocks, blockTokens } = limits
  const cannot = 'steps cannot be calibrated: expected'
  if (sequences < 1) throw new Failure(`${cannot} at least 1 sequence, got ${sequences}`)
  if (promptTokens < 1) {
    throw new Failure(`${cannot} at least 1 token of prompts in a step, got ${promptTokens}`)
  }
  const longest = longestContext(limits)
  if (longest >= LEAST_CONTEXT) return
  const of = `a context of ${context} and ${blocks} blocks of ${blockTokens} tokens`
  throw new Failure(
    `${cannot} room for ${LEAST_CONTEXT} tokens of a sequence, got ${longest}: ${of}`,
  )
}

/** Which sequences a round measures together, in words. */
const levelsText = (limits: StepLimits): string => {
  const levels = stepLevels(limits).map(({ sequences, context }) => `${sequences} of ${context}`)
  return `steps are measured of up to ${levels.join(', ')} tokens together, others are extrapolated`
}

/** A note where not all sequences can have the longest context; null where they can. */
export function fewerSequencesText(label: string, limits: StepLimits): string | null {
  const { sequences, blocks, blockTokens } = limits
  if (stepLevels(limits).every((level) => level.sequences === sequences)) return null
  const all = `${sequences} sequences of ${longestContext(limits)} tokens`
  return `${label}: ${blocks} blocks of ${blockTokens} tokens do not hold ${all}: ${levelsText(limits)}`
}

/** A warning that there is no time to measure more, and how many seconds all would take. */
export function slowStepsText(label: string, limits: StepLimits, seconds: number): string {
  const all = `all steps take about --seconds ${Math.ceil(seconds)}`
  return `${label}: too slow for its time: ${levelsText(limits)}; ${all}`
}

/**
 * Limits with which a round takes at most `budgetMs`, where one with the fewest blocks takes
 * `leastMs`: with fewer blocks, fewer sequences have long contexts. With the fewest blocks one
 * sequence has the longest context, whatever that takes.
 */
export function planSteps(
  limits: StepLimits,
  { leastMs, budgetMs }: { readonly leastMs: Ms; readonly budgetMs: Ms },
): { readonly limits: StepLimits; readonly allMs: Ms } {
  const least = fewestBlocks(limits)
  const perToken = leastMs / tokensOf(least)
  const allMs = perToken * tokensOf(limits)
  let planned = limits
  while (planned.blocks > least.blocks && perToken * tokensOf(planned) > budgetMs) {
    const useful = limits.sequences * blocksOf(limits) + 1
    const blocks = Math.floor(Math.min(planned.blocks, useful) / 2)
    planned = { ...limits, blocks: Math.max(least.blocks, blocks) }
  }
  return { limits: planned, allMs }
}

/** With as many blocks as a sequence of the longest context has, beside a block for a prompt. */
export function fewestBlocks(limits: StepLimits): StepLimits {
  return { ...limits, blocks: Math.min(limits.blocks, blocksOf(limits) + 1) }
}

/** Blocks of the longest context. */
const blocksOf = (limits: StepLimits) => Math.ceil(longestContext(limits) / limits.blockTokens)

/** Tokens that a round computes. */
const tokensOf = (limits: StepLimits) =>
  stepRound(limits, new Random('tokens')).reduce(
    (sum, { steps }) => sum + steps.reduce((own, step) => own + rowsOf(step, 'together'), 0),
    0,
  )

/**
 * A round of a calibration: sequences grow to each of some contexts in chunks of their prompts, all
 * of them decode, and fewer and fewer, with prompts beside some of these steps. The first order
 * begins with an empty cache. Throws `Failure` where no sequence can decode.
 */
export function stepRound(limits: StepLimits, random: Random): PlannedSteps[] {
  const round = new Round(limits, random)
  for (const level of stepLevels(limits)) round.level(level)
  return round.planned
}

class Round {
  readonly planned: PlannedSteps[] = []
  readonly #limits: StepLimits
  readonly #random: Random
  /** sequences that decode, all with as many tokens in the cache */
  readonly #decoding: number[] = []
  #context = 0
  #next = 0
  /** operations before the next run */
  #operations: Operation[] = []

  constructor(limits: StepLimits, random: Random) {
    this.#limits = limits
    this.#random = random
  }

  /** Steps of every count of sequences, the last of which have the context of the level. */
  level({ sequences, context }: StepLevel): void {
    const counts = sizeGrid(sequences).toReversed()
    // each step makes contexts longer, so that short ones have steps of a few counts at a time
    const each = Math.max(1, Math.floor((context - 1) / (STEPS + 1)))
    for (let i = 0; i < counts.length; i += each) {
      const some = counts.slice(i, i + each)
      this.#growAll(some[0]!, Math.max(1, context - some.length * (STEPS + 1)))
      for (const [j, count] of some.entries()) {
        while (this.#decoding.length > count) this.#leave()
        this.#decode(Math.min(STEPS, context - this.#context))
        if (this.#context < context) this.#beside(PROMPTS[(i + j) % PROMPTS.length]!)
      }
      while (this.#decoding.length > 0) this.#leave()
    }
  }

  /** So many sequences, whose prompts are computed in chunks while none decodes. */
  #growAll(count: number, length: number): void {
    for (let i = 0; i < count; i++) this.#decoding.push(this.#grow(length))
    this.#context = length
  }

  #grow(length: number): number {
    const id = this.#join(length)
    for (let past = 0; past < length; ) {
      const tokens = Math.min(length - past, this.#limits.promptTokens)
      this.#operations.push({ kind: 'chunk', sequence: id, tokens })
      this.#run(false, [
        { decodes: 0, longest: 0, prompts: 1, promptTokens: tokens, promptPast: past },
      ])
      past += tokens
    }
    return id
  }

  #decode(steps: number): void {
    this.#run(
      true,
      Array.from({ length: steps }, (_, i) => this.#amounts(i)),
    )
    this.#context += steps
  }

  /** A step with a prompt beside those that decode, as far as there are blocks; it leaves then. */
  #beside(share: number): void {
    const { promptTokens, blocks, blockTokens } = this.#limits
    const used = this.#decoding.length * Math.ceil((this.#context + 1) / blockTokens)
    const room = (blocks - used) * blockTokens
    if (room <= 0) {
      this.#decode(1)
      return
    }
    const most = Math.min(promptTokens, longestContext(this.#limits), room)
    const length = Math.max(1, Math.round(share * most))
    const id = this.#join(length)
    this.#operations.push({ kind: 'chunk', sequence: id, tokens: length })
    this.#run(true, [{ ...this.#amounts(0), prompts: 1, promptTokens: length }])
    this.#context++
    this.#operations.push({ kind: 'leave', sequence: id, done: false })
  }

  /** What step number `i` of a run computes, of those that decode. */
  #amounts(i: number): StepAmounts {
    const longest = this.#context + i + 1
    return {
      ...{ decodes: this.#decoding.length, longest },
      ...{ prompts: 0, promptTokens: 0, promptPast: 0 },
    }
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
    const sequence = this.#decoding.shift()!
    this.#operations.push({ kind: 'leave', sequence, done: false })
  }

  #run(decodes: boolean, steps: readonly StepAmounts[]): void {
    const fresh = this.planned.length === 0
    const order = { fresh, factor: 1, operations: this.#operations, decodes, steps: steps.length }
    this.planned.push({ order, steps })
    this.#operations = []
  }
}
