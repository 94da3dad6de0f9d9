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
  const scores = data as Float32Array | Uint16Array
  // a newer Node has float16 as numbers
  const isBits = scores instanceof Uint16Array
  let token = -1
  let [best, next] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const from = row * vocabulary
  for (let i = 0; i < vocabulary; i++) {
    const raw = scores[from + i]!
    const score = isBits ? halfValue(raw) : raw
    if (score > best) [token, best, next] = [i, score, best]
    else if (score > next) next = score
  }
  return token < 0 ? null : { token, margin: best - next }
}
