import { Tensor } from '../../models/onnx.ts'
import type { Answers, DecodingSequence, PromptChunk } from './step-decoder.ts'

/** Inputs and outputs that steps of built-in decoders have in common. */

/** Places of the tokens that are followed by an answer, where `before` tokens precede prompts. */
export function answersOf(
  decoding: number,
  before: number,
  prompts: readonly PromptChunk[],
): number[] {
  const answers = Array.from({ length: decoding }, (_, i) => i)
  let end = before
  for (const { tokens, last } of prompts) {
    end += tokens.length
    if (last) answers.push(end - 1)
  }
  return answers
}

/** The tokens of a step, `answers` of which are followed by an answer. */
export function tokenFeeds(
  decodes: readonly DecodingSequence[],
  chunks: readonly PromptChunk[],
  answers: readonly number[],
): Record<string, Tensor> {
  const ids = new Int32Array(decodes.length + sumOf(chunks, ({ tokens }) => tokens.length))
  const positions = new Int32Array(ids.length)
  let n = 0
  for (const { past, token } of decodes) {
    ids[n] = token
    positions[n++] = past
  }
  for (const { past, tokens } of chunks) {
    for (let i = 0; i < tokens.length; i++) {
      ids[n] = tokens[i]!
      positions[n++] = past + i
    }
  }
  return {
    ids: int32(ids, [ids.length]),
    positions: int32(positions, [ids.length]),
    // a step has at least one answer, which may be of no use
    answers: int32(answers.length > 0 ? answers : [0], [Math.max(1, answers.length)]),
  }
}

/** What came out, of the outputs `tokens` int64 and `scores` float32, each [answers, 2]. */
export function likelyAnswers(
  outputs: Readonly<Record<string, Tensor>>,
  answers: readonly number[],
): Answers {
  const tokens = outputs.tokens!.data as BigInt64Array
  const scores = outputs.scores!.data as Float32Array
  return {
    tokens: Int32Array.from(answers, (_, i) => Number(tokens[2 * i]!)),
    margins: Float32Array.from(answers, (_, i) => scores[2 * i]! - scores[2 * i + 1]!),
  }
}

export const int32 = (values: ArrayLike<number>, shape: readonly number[]) =>
  new Tensor('int32', values instanceof Int32Array ? values : Int32Array.from(values), shape)

export function sumOf<T>(all: readonly T[], of: (each: T) => number): number {
  return all.reduce((sum, each) => sum + of(each), 0)
}
