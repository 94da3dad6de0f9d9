import {
  dimsOf,
  floatsOf,
  type Graph,
  type Node,
  nameOf,
  nestedIn,
  numberOf,
  onnx,
  readBy,
  type Tensor,
} from './proto.ts'
import { type LeftOut, PRODUCTS, type ProductOperator } from './quantised-file.ts'
import type { Weights } from './steps.ts'

const { FLOAT, FLOAT16, BFLOAT16 } = onnx.TensorProto.DataType

/** A node whose weights are stored, and which can be computed with 8 bits. */
export interface Product {
  readonly node: Node
  readonly operator: ProductOperator
  /** the value that is multiplied with the weights */
  readonly data: string
  readonly weightName: string
  readonly weights: Weights
  /** by output channel */
  readonly bias: { readonly name: string; readonly values: Float32Array } | null
  /**
   * the value that is quantised, too, of a Conv: its output, or that of the Relu that alone reads
   * it; null for products of matrices, which have float32 results
   */
  readonly output: string | null
}

/** Of a node whose weights are float16. */
export const HALF_REASON = 'its weights have 16 bits'

export interface FoundProducts {
  readonly products: readonly Product[]
  readonly leftOut: readonly LeftOut[]
}

/** Which products of a graph can be quantised. */
export function findProducts(graph: Graph): FoundProducts {
  const tensors = new Map((graph.initializer ?? []).map((tensor) => [tensor.name ?? '', tensor]))
  const readers = readersOf(graph)
  const products: Product[] = []
  const leftOut: LeftOut[] = []
  for (const node of graph.node ?? []) {
    const operator = operatorOf(node)
    for (const nested of nestedIn(node)) leftOut.push(...nestedProducts(nested))
    if (operator === null) continue
    const reason = whyNot(node, operator, tensors)
    if (reason !== null) {
      leftOut.push({ node: nameOf(node), operator, reason })
      continue
    }
    products.push(productOf(node, operator, { tensors, readers }))
  }
  return { products, leftOut }
}

function operatorOf({ opType, domain }: Node): ProductOperator | null {
  if (domain && domain !== 'ai.onnx') return null
  return PRODUCTS.find((operator) => operator === opType) ?? null
}

function nestedProducts(graph: Graph): LeftOut[] {
  return (graph.node ?? []).flatMap((node) => {
    const operator = operatorOf(node)
    const reason = 'it is in a branch or in the body of a loop'
    const here = operator === null ? [] : [{ node: nameOf(node), operator, reason }]
    return [...here, ...nestedIn(node).flatMap(nestedProducts)]
  })
}

type Tensors = ReadonlyMap<string, Tensor>

/** Why a node cannot be quantised; null where it can. */
function whyNot(node: Node, operator: ProductOperator, tensors: Tensors): string | null {
  const [data = '', weightName = '', biasName = ''] = node.input ?? []
  const weight = tensors.get(weightName)
  if (tensors.has(data)) return 'its first input is stored, and only a second one can be weights'
  if (weight === undefined) return 'its second input is computed, not stored'
  if (weight.dataType === FLOAT16 || weight.dataType === BFLOAT16) return HALF_REASON
  if (weight.dataType !== FLOAT) return 'its weights are not float32'
  const values = floatsOf(weight)
  if (values === null) return 'its weights are not whole in the file'
  if (!values.every(Number.isFinite)) return 'some of its weights are infinite or no numbers'
  if (operator !== 'Conv' && dimsOf(weight).length !== 2) {
    return `its weights have ${dimsOf(weight).length} dimensions, only 2 are supported`
  }
  if (operator === 'Gemm' && (numberOf(node, 'transA') ?? 0) !== 0) {
    return 'transA transposes its input'
  }
  const factors = ['alpha', 'beta'].map((name) => numberOf(node, name) ?? 1)
  if (operator === 'Gemm' && factors.some((factor) => factor !== 1)) {
    return 'its alpha or beta is not 1'
  }
  if (operator === 'MatMul' || biasName === '') return null
  const bias = biasOf(tensors.get(biasName), channelsOf(node, operator, weight))
  return bias === null ? 'its bias is not one stored float32 for each output channel' : null
}

function biasOf(tensor: Tensor | undefined, channels: number): Float32Array | null {
  if (tensor === undefined) return null
  const values = floatsOf(tensor)
  const last = dimsOf(tensor).at(-1) ?? 1
  if (values === null || values.length !== channels || last !== channels) return null
  return values.every(Number.isFinite) ? values : null
}

/** The axis of output channels: the first of a Conv, the last of a matrix unless transposed. */
function axisOf(node: Node, operator: ProductOperator): number {
  if (operator === 'Conv') return 0
  return operator === 'Gemm' && numberOf(node, 'transB') === 1 ? 0 : 1
}

const channelsOf = (node: Node, operator: ProductOperator, weight: Tensor) =>
  dimsOf(weight)[axisOf(node, operator)] ?? 0

interface Context {
  readonly tensors: Tensors
  readonly readers: ReadonlyMap<string, readonly Node[]>
}

function productOf(node: Node, operator: ProductOperator, context: Context): Product {
  const { tensors } = context
  const [data = '', weightName = '', biasName = ''] = node.input ?? []
  const weight = tensors.get(weightName)!
  const axis = axisOf(node, operator)
  const bias = operator === 'MatMul' ? undefined : tensors.get(biasName)
  return {
    node,
    operator,
    data,
    weightName,
    weights: { dims: dimsOf(weight), values: floatsOf(weight)!, axis },
    bias: bias === undefined ? null : { name: biasName, values: floatsOf(bias)! },
    output: operator === 'Conv' ? convOutput(node, context) : null,
  }
}

/** Its output, or that of the Relu behind it: ONNX Runtime computes both as one. */
function convOutput({ output }: Node, { readers, tensors }: Context): string {
  const name = output?.[0] ?? ''
  const [reader, ...more] = readers.get(name) ?? []
  if (reader === undefined || more.length > 0 || !cutsAtZero(reader, tensors)) return name
  return reader.output?.[0] ?? name
}

/** Whether a node is a Relu, or a Clip from 0 on. */
function cutsAtZero(node: Node, tensors: Tensors): boolean {
  if (node.opType === 'Relu') return true
  if (node.opType !== 'Clip') return false
  const lower = tensors.get(node.input?.[1] ?? '')
  const least = lower === undefined ? numberOf(node, 'min') : (floatsOf(lower)?.[0] ?? null)
  return least === 0
}

/** The nodes that read each value; an output of the graph is read by one more. */
function readersOf(graph: Graph): ReadonlyMap<string, readonly Node[]> {
  const readers = new Map<string, Node[]>()
  const add = (name: string, node: Node) => readers.set(name, [...(readers.get(name) ?? []), node])
  for (const node of graph.node ?? []) for (const name of readBy(node)) add(name, node)
  for (const { name } of graph.output ?? []) add(name ?? '', onnx.NodeProto.create())
  return readers
}
