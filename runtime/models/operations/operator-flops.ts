import { Failure } from '../../../scenarios/index.ts'
import type { SettledNode } from './settled-graph.ts'

/** Sizes of an input by its place; null where they are not known. */
export type SizesOf = (input: number) => readonly number[] | null

/** FLOPs of a node with the sizes of its first output; null for a form that is not known. */
export type Formula = (node: SettledNode, sizesOf: SizesOf, out: readonly number[]) => number | null

export const volume = (sizes: readonly number[]) =>
  sizes.reduce((product, size) => product * size, 1)

/** A product of matrices: 2 FLOPs for each element of the result and each of its terms. */
const product =
  (first: number): Formula =>
  ({ attributes }, sizesOf, out) => {
    const terms = sizesOf(first)?.at(attributes.get('transA') ? -2 : -1)
    return terms === undefined ? null : 2 * volume(out) * terms
  }

/** ONNX Runtime does not compare these sizes before a run, and a count of others would be wrong. */
function expectSize({ operator }: SettledNode, actual: number, expected: number): void {
  if (actual === expected) return
  throw new Failure(`a ${operator} takes ${expected} channels or features, got ${actual}`)
}

/** Terms of an output are the weights of its channel; those that meet padding count, too. */
const convolution =
  (weights: number): Formula =>
  (node, sizesOf, out) => {
    const [data, sizes] = [sizesOf(0), sizesOf(weights)]
    if (data === null || sizes === null) return null
    expectSize(node, data[1]!, sizes[1]! * Number(node.attributes.get('group') ?? 1))
    return 2 * volume(out) * volume(sizes.slice(1))
  }

/** Each element of the input meets the weights of its channel. */
const transposedConvolution: Formula = (node, sizesOf) => {
  const [data, weights] = [sizesOf(0), sizesOf(1)]
  if (data === null || weights === null) return null
  expectSize(node, data[1]!, weights[0]!)
  return 2 * volume(data) * volume(weights.slice(1))
}

/** The weights of the input and of the state, for each step of each sequence. */
const recurrent: Formula = (node, sizesOf) => {
  const [data, weights, state] = [sizesOf(0), sizesOf(1), sizesOf(2)]
  if (data === null || weights === null || state === null) return null
  expectSize(node, data[2]!, weights[2]!)
  return 2 * volume(data.slice(0, 2)) * (volume(weights) + volume(state))
}

/** One or two factors: an element of the result for each choice of labels, and its terms. */
const einsum: Formula = ({ inputs, attributes }, sizesOf) => {
  const [left] = String(attributes.get('equation') ?? '')
    .replaceAll(' ', '')
    .split('->')
  const labels = left!.split(',')
  if (!/^[a-z,]+$/i.test(left!) || labels.length !== inputs.length) return null
  const sizes = new Map<string, number>()
  for (const [place, text] of labels.entries()) {
    const shape = sizesOf(place)
    if (shape?.length !== text.length) return null
    for (const [axis, label] of [...text].entries()) sizes.set(label, shape[axis]!)
  }
  return inputs.length === 2 ? 2 * volume([...sizes.values()]) : inputs.length === 1 ? 0 : null
}

/**
 * Scores and their sums of values for [batch, length, width] of as many query heads as others, or
 * for [batch, heads, length, width]. Tensors of a cache from input `past` on are not counted.
 */
const attention =
  (past: number): Formula =>
  ({ inputs }, sizesOf) => {
    const [query, key, value] = [sizesOf(0), sizesOf(1), sizesOf(2)]
    const cached = inputs.slice(past).some((name) => name !== '')
    if (query === null || key === null || value === null || cached) return null
    const ranks = [query, key, value].map((sizes) => sizes.length)
    const pairs = volume(query.slice(0, -1)) * key.at(-2)!
    if (ranks.every((rank) => rank === 4)) return 2 * pairs * (query[3]! + value[3]!)
    const alike = ranks.every((rank) => rank === 3) && query[2] === key[2]
    return alike ? 2 * pairs * (query[2]! + value[2]!) : null
  }

/** Of encoders, with the projections: a third of their width is that of queries, keys, values. */
const packedAttention: Formula = (node, sizesOf, out) => {
  const [data, weights] = [sizesOf(0), sizesOf(1)]
  if (weights?.length !== 2) return attention(4)(node, sizesOf, out)
  if (data?.length !== 3 || node.inputs[4]) return null
  const [batch, length, width] = data as [number, number, number]
  const projected = weights[1]!
  return 2 * batch * length * projected * width + (4 * batch * length ** 2 * projected) / 3
}

/** Formulas of the operators that compute; 2 FLOPs are a multiplication and an addition. */
export const OPERATOR_FLOPS: ReadonlyMap<string, Formula> = new Map([
  ['MatMul', product(0)],
  ['FusedMatMul', product(0)],
  ['MatMulInteger', product(0)],
  ['QLinearMatMul', product(0)],
  ['MatMulNBits', product(0)],
  ['DynamicQuantizeMatMul', product(0)],
  ['Gemm', product(0)],
  ['FusedGemm', product(0)],
  ['Conv', convolution(1)],
  ['FusedConv', convolution(1)],
  ['ConvInteger', convolution(1)],
  ['QLinearConv', convolution(3)],
  ['ConvTranspose', transposedConvolution],
  ['LSTM', recurrent],
  ['GRU', recurrent],
  ['RNN', recurrent],
  ['Einsum', einsum],
  ['MultiHeadAttention', attention(6)],
  ['Attention', packedAttention],
])

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** They give other sizes to the same bytes, and run no kernel. */
export const VIEWS = words('Reshape Squeeze Unsqueeze Flatten Identity Shape Size Dropout Constant')

/** They read as many elements of their first input as they write. */
export const LOOKUPS = words('Gather GatherElements GatherND Slice')

/** Operators whose time is that of their bytes. */
export const MOVERS = words(`
  Abs Acos Add And ArgMax ArgMin Asin Atan AveragePool BatchNormalization BiasGelu BitShift
  BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu Clip Concat ConstantOfShape
  Cos Cosh CumSum DepthToSpace DequantizeLinear Div DynamicQuantizeLinear Elu Equal Erf Exp Expand
  EyeLike FastGelu Floor Gather GatherElements GatherND Gelu GlobalAveragePool GlobalLpPool
  GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish Hardmax
  InstanceNormalization IsInf IsNaN LRN LayerNormalization LeakyRelu Less LessOrEqual Log
  LogSoftmax LpNormalization LpPool Max MaxPool Mean MeanVarianceNormalization Min Mish Mod Mul Neg
  Not OneHot Or PRelu Pad Pow QuantizeLinear QuickGelu RMSNormalization Range Reciprocal ReduceL1
  ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
  ReduceSumSquare Relu Resize ReverseSequence Round ScatterElements ScatterND Selu Shrink Sigmoid
  Sign SimplifiedLayerNormalization Sin Sinh SkipLayerNormalization
  SkipSimplifiedLayerNormalization Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Sub Sum
  Swish Tan Tanh ThresholdedRelu Tile TopK Transpose Trilu Upsample Where Xor`)

/** Operators with stored operands that the kernel of the product before them computes, too. */
export const FOLDED = words('Add Sub Mul Div BatchNormalization')
