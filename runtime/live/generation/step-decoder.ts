import type { Answers, DecodingSequence, PromptChunk } from './paged-decoder.ts'

/** Which sequence it is of, for decoders that keep something of each. */
interface OfSequence {
  readonly sequence: number
}

/** Runs steps of sequences, wherever it keeps their keys and values. */
export interface StepDecoder {
  /** One step; at least one sequence or prompt. Throws `CannotRun`. */
  step(
    decoding: readonly (DecodingSequence & OfSequence)[],
    prompts: readonly (PromptChunk & OfSequence)[],
  ): Promise<Answers>
  /** A sequence has given up its slot; absent where nothing is kept of it but its blocks. */
  leave?(sequence: number): void
  /** Gives back what it has beside its session; absent where that is nothing. */
  close?(): Promise<void>
}
