import type { Tensor } from './onnx-runtime.ts'
import { halfValue } from './output-difference.ts'

/** A token, and by how much its score is above that of the next likely one. */
export interface LikelyToken {
  readonly token: number
  readonly margin: number
}

/**
 * The likeliest token by row `row` of `logits`, [1, rows, vocabulary]; of several the first. Null
 * where no score is a number.
 */
export function likeliest({ data, dims }: Tensor, row: number): LikelyToken | null {
  const vocabulary = dims[2]!
  let token = -1
  let [best, next] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const from = row * vocabulary
  for (let i = 0; i < vocabulary; i++) {
    const score = scoreAt(data, from + i)
    if (score > best) [token, best, next] = [i, score, best]
    else if (score > next) next = score
  }
  return token < 0 ? null : { token, margin: best - next }
}

/** By how much the score of `token` is below that of `best` by row `row` of `logits`. */
export function behindBest({ data, dims }: Tensor, row: number, best: number, token: number) {
  const from = row * dims[2]!
  return scoreAt(data, from + best) - scoreAt(data, from + token)
}

function scoreAt(data: Tensor['data'], at: number): number {
  const raw = (data as Float32Array | Uint16Array)[at]!
  // a newer Node has float16 as numbers
  return data instanceof Uint16Array ? halfValue(raw) : raw
}
