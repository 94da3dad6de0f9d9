import type { BuiltinDecoder, Precision } from '../../scenarios/index.ts'

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

/** At which the built-in decoder runs: at fp16 on a GPU, else on the cpu. */
export type DecoderPrecision = Extract<Precision, 'fp32' | 'fp16' | 'int8'>

/** Values of a token in the keys of a layer, and as many in its values. */
export const kvWidthOf = ({ hidden, heads, kvHeads }: DecoderOptions): number =>
  (hidden / heads) * kvHeads

/**
 * How the inputs and outputs of a decoder hold keys and values, as docs/guides/live-generation.md
 * has them. Plain data: it travels between threads.
 *
 * - `pool`: rows of blocks, in which any sequence has tokens (`buildDecoder`)
 * - `past`: `past_key_values` and `present` of one sequence, as Optimum exports decoders
 * - `blocks`: blocks in the memory of a GPU, in which a step writes (`buildBlockDecoder`)
 */
export type DecoderLayout = FileLayout | BlockLayout

/** Those that a file of the user may have. */
export type FileLayout = PoolLayout | PastLayout

export interface PoolLayout {
  readonly kind: 'pool'
  readonly layers: number
  /** values of a token in the keys of a layer, and as many in its values */
  readonly width: number
}

export interface PastLayout {
  readonly kind: 'past'
  readonly layers: number
  readonly kvHeads: number
  readonly headSize: number
  /** of keys and values */
  readonly type: 'float32' | 'float16'
  /** optional inputs that the file has */
  readonly optional: readonly ('attention_mask' | 'position_ids')[]
}

export interface BlockLayout {
  readonly kind: 'blocks'
  readonly layers: number
  readonly kvHeads: number
  readonly headSize: number
}

/** What runs steps of a decoder need of it. */
export interface Decoder {
  readonly layout: DecoderLayout
  readonly vocabulary: number
  /** tokens of a sequence, at most */
  readonly context: number
}

/** The decoder that is built with such sizes: at fp16 for a GPU, else for the cpu. */
export function builtDecoder(sizes: DecoderOptions, precision: Precision): Decoder {
  const { layers, hidden, heads, kvHeads, vocabulary, context } = sizes
  const layout: DecoderLayout =
    precision === 'fp16'
      ? { kind: 'blocks', layers, kvHeads, headSize: hidden / heads }
      : { kind: 'pool', layers, width: kvWidthOf(sizes) }
  return { layout, vocabulary, context }
}

/** Bytes of the keys and values of a token, in all layers. */
export function tokenBytes(layout: DecoderLayout): number {
  const { layers } = layout
  if (layout.kind === 'pool') return 2 * layers * layout.width * 4
  const isHalf = layout.kind === 'blocks' || layout.type === 'float16'
  return 2 * layers * layout.kvHeads * layout.headSize * (isHalf ? 2 : 4)
}

/** Names of a layer's part of the KV cache among the inputs. */
export const cacheNames = (layer: number) => ({ key: `key${layer}`, value: `value${layer}` })

/** The same where it is in blocks. */
export const blockNames = (layer: number) => {
  return { key: `key_blocks${layer}`, value: `value_blocks${layer}` }
}

export function decoderOptions(model: BuiltinDecoder): DecoderOptions {
  const { layers, hidden, heads, kv_heads: kvHeads = heads, vocabulary, context, seed } = model
  return { layers, hidden, heads, kvHeads, vocabulary, context, seed }
}
