/** Where the tokens of a sequence are: in these blocks, one after another. */
interface Placed {
  readonly blocks: ArrayLike<number>
  /** its tokens in the cache before this step */
  readonly past: number
}

/** A sequence that decodes: its last token is computed, and followed by the next one. */
export interface DecodingSequence extends Placed {
  readonly token: number
}

/** Tokens of a prompt that follow those in the cache. */
export interface PromptChunk extends Placed {
  readonly tokens: ArrayLike<number>
  /** whether the prompt ends with them, so that an answer begins */
  readonly last: boolean
}

/** What came out of a step, of sequences that decode and then of prompts that ended. */
export interface Answers {
  readonly tokens: Int32Array
  /** by how much the score of each was above the next likely one */
  readonly margins: Float32Array
}

/** ONNX Runtime has refused a step. */
export class CannotRun extends Error {}

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
