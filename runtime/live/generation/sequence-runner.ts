import type { Ms } from '../../../sim/serving/index.ts'
import type { BlockTables } from './block-tables.ts'
import { otherCache } from './other-cache.ts'
import type { PromptChunk, StepDecoder } from './step-decoder.ts'

/** What the control plane does with the sequences of an executor between two runs, in order. */
export type Operation =
  | Join
  | { readonly kind: 'chunk'; readonly sequence: number; readonly tokens: number }
  /** `done`: all its answers have come, so that its tokens stay known */
  | { readonly kind: 'leave'; readonly sequence: number; readonly done: boolean }

/** A sequence takes a slot. */
interface Join {
  readonly kind: 'join'
  readonly sequence: number
  /** its prompt, answers that came before, and then answers that are given, whatever comes out */
  readonly ids: Int32Array
  /** tokens of the prompt and of answers that came before */
  readonly context: number
  /** leading tokens that others may have, too */
  readonly common: number
  /** tokens for which it takes blocks */
  readonly reserved: number
  /** tokens that it has in the cache once all its answers have come */
  readonly most: number
}

/** Steps that an executor runs by itself. */
export interface StepOrder {
  /** whether it begins with an empty cache: the control plane believes in no earlier sequence */
  readonly fresh: boolean
  /** times as long as it would take */
  readonly factor: number
  readonly operations: readonly Operation[]
  readonly steps: number
  /** whether sequences decode in them, or prompts are computed alone */
  readonly decodes: boolean
}

/** An answer, in the order of steps and of sequences. */
export interface Answer {
  readonly sequence: number
  readonly token: number
  readonly margin: number
}

/** Blocks of an executor's KV cache. */
export interface BlockCounts {
  readonly used: number
  readonly kept: number
  readonly free: number
}

/** What became of a run. */
export interface SteppedRun {
  readonly steps: number
  /** when each step ended */
  readonly ends: readonly Ms[]
  readonly answers: readonly Answer[]
}

interface Sequence {
  readonly ids: Int32Array
  /** all its tokens, the last of which is not in the cache while it decodes */
  readonly tokens: number[]
  readonly common: number
  readonly most: number
  /** tokens in the cache */
  past: number
  decodes: boolean
}

interface RunnerParts {
  readonly decoder: StepDecoder
  /** of an empty cache */
  readonly tables: () => BlockTables
  /** Called at the end of each step, returns when that is. */
  readonly ended: (factor: number) => Ms
  /** Gets the answers of each step, before the run has ended; default: nothing does. */
  readonly onAnswers?: ((answers: readonly Answer[]) => void) | undefined
}

/** Follows the operations of the control plane, and runs steps of sequences that have a slot. */
export class SequenceRunner {
  readonly #parts: RunnerParts
  #tables: BlockTables
  readonly #sequences = new Map<number, Sequence>()
  /** prompts that the last run has completed */
  readonly #completed: number[] = []

  constructor(parts: RunnerParts) {
    this.#parts = parts
    this.#tables = parts.tables()
  }

  /** Blocks of the cache. */
  get counts(): BlockCounts {
    const { used, kept, free } = this.#tables
    return { used, kept, free }
  }

  /**
   * At least one step; several where no prompt is computed. `yields`: whether the run ends with the
   * step under way. Throws `Failure` where the cache has too few blocks for the run, or other
   * prefixes than it takes for granted.
   */
  async run(order: StepOrder, yields: () => boolean): Promise<SteppedRun> {
    const { fresh, factor, operations, steps, decodes } = order
    if (fresh) this.#begin()
    this.#settle()
    let chunks = operations.flatMap((operation) => this.#apply(operation))
    const ends: Ms[] = []
    const answers: Answer[] = []
    while (ends.length < steps) {
      const came = await this.#step(decodes, chunks)
      answers.push(...came)
      chunks = []
      ends.push(this.#parts.ended(factor))
      this.#parts.onAnswers?.(came)
      if (ends.length < steps && yields()) break
    }
    return { steps: ends.length, ends, answers }
  }

  #begin(): void {
    const { decoder, tables } = this.#parts
    this.#tables = tables()
    for (const id of this.#sequences.keys()) decoder.leave?.(id)
    this.#sequences.clear()
    this.#completed.length = 0
  }

  /** Prompts that are computed are known from then on, and decode in the next run. */
  #settle(): void {
    for (const id of this.#completed.splice(0)) {
      const sequence = this.#sequence(id)
      this.#tables.computed(id, Math.min(sequence.past, sequence.common))
      sequence.decodes = true
    }
  }

  #apply(operation: Operation): Chunk[] {
    const tables = this.#tables
    const { kind, sequence: id } = operation
    if (kind === 'chunk') return [{ id, tokens: operation.tokens }]
    if (kind === 'leave') {
      const { past, common } = this.#sequence(id)
      if (operation.done) tables.computed(id, Math.min(past, common))
      tables.leave(id)
      this.#parts.decoder.leave?.(id)
      this.#sequences.delete(id)
      return []
    }
    const { ids, context, common, reserved, most } = operation
    const known = ids.subarray(0, common)
    const past = tables.join(id, { ids: known, find: context - 1, tokens: reserved })
    const tokens = [...ids.subarray(0, context)]
    this.#sequences.set(id, { ids, tokens, common, most, past, decodes: false })
    return []
  }

  #sequence(id: number): Sequence {
    const sequence = this.#sequences.get(id)
    if (sequence === undefined) throw new Error(`Expected sequence ${id} to have a slot`)
    return sequence
  }

  async #step(decodes: boolean, chunks: readonly Chunk[]): Promise<Answer[]> {
    const { decoder } = this.#parts
    const tables = this.#tables
    const decoding = decodes ? [...this.#sequences].filter(([, { decodes: own }]) => own) : []
    if (decoding.length + chunks.length === 0) {
      throw otherCache('no prompt of a step is complete, so the executor found fewer prefixes')
    }
    const prompts = chunks.map((chunk): PromptChunk & { readonly sequence: number } => {
      const { tokens, past } = this.#sequence(chunk.id)
      const end = past + chunk.tokens
      if (end > tokens.length) {
        const asked = `${chunk.tokens} tokens of a prompt are to be computed`
        const left = `${tokens.length - past} are left, so the executor found more prefixes`
        throw otherCache(`${asked}, of which ${left}`)
      }
      return {
        sequence: chunk.id,
        blocks: tables.blocksOf(chunk.id),
        past,
        tokens: tokens.slice(past, end),
        last: end === tokens.length,
      }
    })
    const out = await decoder.step(
      decoding.map(([id, { past, most, tokens }]) => {
        // one that is done waits for others of its batch, and computes its last token again
        const at = Math.min(past, most - 1)
        tables.hold(id, at + 1)
        return { sequence: id, blocks: tables.blocksOf(id), past: at, token: tokens[at]! }
      }),
      prompts,
    )
    for (const { id, tokens } of chunks) this.#sequence(id).past += tokens
    const ended = chunks.filter((_, i) => prompts[i]!.last).map(({ id }) => id)
    this.#completed.push(...ended)
    const answering = [...decoding.map(([id]) => id), ...ended]
    return answering.flatMap((id, i): Answer[] => {
      const sequence = this.#sequence(id)
      const { ids, tokens, most, decodes: grows } = sequence
      if (grows && sequence.past === most) return []
      if (grows) sequence.past++
      const [token, margin] = [out.tokens[i]!, out.margins[i]!]
      tokens.push(ids[tokens.length] ?? token)
      return [{ sequence: id, token, margin }]
    })
  }
}

interface Chunk {
  readonly id: number
  readonly tokens: number
}
