import type { PastLayout } from './decoder-inputs.ts'
import { Tensor } from './onnx-runtime.ts'

/** Keys and values of a sequence, by the names of inputs, each [1, kv heads, tokens, head size]. */
export type PastValues = Readonly<Record<string, Tensor>>

const PARTS = ['key', 'value'] as const

/** The keys and values of so many tokens, all zero; of none, a sequence begins with them. */
export function zeroPast(layout: PastLayout, tokens: number): PastValues {
  const { layers, kvHeads, headSize, type } = layout
  const dims = [1, kvHeads, tokens, headSize]
  const size = kvHeads * tokens * headSize
  const entries = Array.from({ length: layers }, (_, layer) =>
    PARTS.map((part): [string, Tensor] => {
      const zeros =
        type === 'float16'
          ? new Tensor(type, new Uint16Array(size), dims)
          : new Tensor(type, new Float32Array(size), dims)
      return [`past_key_values.${layer}.${part}`, zeros]
    }),
  ).flat()
  return Object.fromEntries(entries)
}

export const emptyPast = (layout: PastLayout): PastValues => zeroPast(layout, 0)

/**
 * Inputs of a run that computes `tokens`. `values` has the keys and values of the `past` tokens
 * before them.
 */
export function pastFeeds(
  { optional }: PastLayout,
  tokens: ArrayLike<number>,
  past: number,
  values: PastValues,
): Record<string, Tensor> {
  const n = tokens.length
  const int64 = (length: number, at: (i: number) => number) =>
    new Tensor(
      'int64',
      BigInt64Array.from({ length }, (_, i) => BigInt(at(i))),
      [1, length],
    )
  return {
    ...values,
    input_ids: int64(n, (i) => tokens[i]!),
    ...(optional.includes('attention_mask') && { attention_mask: int64(past + n, () => 1) }),
    ...(optional.includes('position_ids') && { position_ids: int64(n, (i) => past + i) }),
  }
}

/** Names of the outputs that are kept for the next run. */
export function presentNames({ layers }: PastLayout): string[] {
  return Array.from({ length: layers }, (_, layer) =>
    PARTS.map((part) => `present.${layer}.${part}`),
  ).flat()
}

/**
 * The keys and values of the next run of a sequence, which has `tokens` tokens then. Text where the
 * outputs are those of another number of tokens.
 */
export function presentOf(
  layout: PastLayout,
  outputs: Readonly<Record<string, Tensor>>,
  tokens: number,
): PastValues | string {
  const wanted = [1, layout.kvHeads, tokens, layout.headSize]
  const values: Record<string, Tensor> = {}
  for (const name of presentNames(layout)) {
    const { dims, type } = outputs[name]!
    if (type !== layout.type || dims.join() !== wanted.join()) {
      return `output ${name} has ${type} [${dims.join(', ')}], not [${wanted.join(', ')}]`
    }
    values[name.replace('present', 'past_key_values')] = outputs[name]!
  }
  return values
}

/** The keys and values of the first `tokens` tokens. */
export function firstOf(values: PastValues, tokens: number): PastValues {
  const cut = Object.entries(values).map(([name, tensor]): [string, Tensor] => {
    const [, heads, all, size] = tensor.dims as [number, number, number, number]
    const data = tensor.data as Float32Array
    const kept = data.slice(0, heads * tokens * size)
    for (let head = 0; head < heads; head++) {
      const from = head * all * size
      kept.set(data.subarray(from, from + tokens * size), head * tokens * size)
    }
    return [name, new Tensor(tensor.type as 'float32', kept, [1, heads, tokens, size])]
  })
  return Object.fromEntries(cut)
}
