import type { BuiltinDecoder } from '../../scenarios/index.ts'

/** Sizes and inputs of decoders, apart from their builder, which loads the format of ONNX. */

/** Sizes of a decoder with seeded weights. */
export interface DecoderOptions {
  readonly layers: number
  /** a multiple of `heads` */
  readonly hidden: number
  /** a multiple of `kvHeads` */
  readonly heads: number
  /** heads of keys and values, each shared by as many heads of queries */
  readonly kvHeads: number
  readonly vocabulary: number
  /** positions, and so the most tokens of a prompt and its answer together */
  readonly context: number
  readonly seed: number
}

/** Values of a token in the keys of a layer, and as many in its values. */
export const kvWidthOf = ({ hidden, heads, kvHeads }: DecoderOptions): number =>
  (hidden / heads) * kvHeads

/** Names of a layer's part of the KV cache among the inputs. */
export const cacheNames = (layer: number) => ({ key: `key${layer}`, value: `value${layer}` })

export function decoderOptions(model: BuiltinDecoder): DecoderOptions {
  const { layers, hidden, heads, kv_heads: kvHeads = heads, vocabulary, context, seed } = model
  return { layers, hidden, heads, kvHeads, vocabulary, context, seed }
}
