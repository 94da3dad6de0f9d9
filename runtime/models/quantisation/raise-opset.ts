import {
  type Attribute,
  type Graph,
  type Model,
  type Node,
  nestedIn,
  onnx,
  type Tensor,
} from './proto.ts'

/** QLinearConv is in ONNX from here on. */
const LEAST_OPSET = 10
/** What changed from here to 10 is rewritten below. */
export const OLDEST_OPSET = 9

const { INT64 } = onnx.TensorProto.DataType

/** The version of the operators of ONNX; null where none is stated. */
export function opsetOf(model: Model): number | null {
  const stated = model.opsetImport?.find(({ domain }) => !domain || domain === 'ai.onnx')
  return stated === undefined ? null : Number(stated.version ?? 0)
}

/** Rewrites a model of opset 9 for opset 10. Returns whether it changed. */
export function raiseOpset(model: Model): boolean {
  if (opsetOf(model) !== OLDEST_OPSET) return false
  rewrite(model.graph as Graph)
  for (const stated of model.opsetImport ?? []) {
    if (!stated.domain || stated.domain === 'ai.onnx') stated.version = LEAST_OPSET
  }
  return true
}

function rewrite(graph: Graph): void {
  const added: Tensor[] = []
  for (const [i, node] of (graph.node ?? []).entries()) {
    for (const nested of nestedIn(node)) rewrite(nested)
    // attributes became inputs
    if (node.opType === 'Slice') added.push(...toInputs(node, i, ['starts', 'ends', 'axes']))
    if (node.opType === 'TopK') added.push(...toInputs(node, i, ['k']))
    if (node.opType === 'Upsample') node.opType = 'Resize'
  }
  graph.initializer = [...(graph.initializer ?? []), ...added] as Graph['initializer'] & object
}

function toInputs(node: Node, number: number, names: readonly string[]): Tensor[] {
  const attributes = names.flatMap(
    (name) => node.attribute?.find((attribute) => attribute.name === name) ?? [],
  )
  const tensors = attributes.map((attribute) => {
    const numbers = wholeNumbers(attribute)
    const name = `spillway_${node.opType}_${number}_${attribute.name}`
    const rawData = new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer)
    return onnx.TensorProto.create({ name, dataType: INT64, dims: [numbers.length], rawData })
  })
  node.input = [...(node.input ?? []), ...tensors.map(({ name }) => name)]
  node.attribute = (node.attribute ?? []).filter(({ name }) => !names.includes(name ?? ''))
  return tensors
}

function wholeNumbers({ ints, i }: Attribute): number[] {
  return ints && ints.length > 0 ? ints.map(Number) : [Number(i ?? 0)]
}
