import onnxProto from 'onnx-proto'
import { Failure } from '../../../scenarios/index.ts'
import { halfValue } from '../output-difference.ts'

const { onnx } = onnxProto
const TYPE = onnx.TensorProto.DataType

type Graph = Parameters<typeof onnx.GraphProto.encode>[0]
type Tensor = Parameters<typeof onnx.TensorProto.encode>[0]
type Attribute = Parameters<typeof onnx.AttributeProto.encode>[0]

/** An input with its sizes; a value makes it a constant. */
export interface GivenInput {
  readonly name: string
  readonly sizes: readonly number[]
  readonly value?: number
}

/** A model without the values of its weights, so that it is small. */
export interface WeightlessModel {
  /** names of the weights, which are inputs of the model now */
  readonly weights: ReadonlySet<string>
  /** the encoded model for these inputs */
  withInputs(inputs: readonly GivenInput[]): Uint8Array
}

/** Tensors of so many elements at most keep their values: shapes, axes, limits. */
const MOST_KEPT = 64

/** Shapes and operators of a model are those of its file; float16 becomes float32, as cpu needs. */
export function weightlessModel(bytes: Uint8Array): WeightlessModel {
  const model = onnx.ModelProto.decode(bytes)
  const graph = model.graph as Graph
  const weights = new Set<string>()
  const inputs = new Map((graph.input ?? []).map((input) => [input.name ?? '', input]))
  const lift = (name: string, tensor: Tensor) => {
    weights.add(name)
    const dim = (tensor.dims ?? []).map((size) => ({ dimValue: Number(size) }))
    const type = { tensorType: { elemType: tensor.dataType ?? 0, shape: { dim } } }
    // up to IR version 3 initializers are listed among the inputs, too
    inputs.set(name, { name, type })
  }
  graph.initializer = (graph.initializer ?? []).filter((tensor) => {
    if (isKept(tensor)) return true
    lift(tensor.name ?? '', tensor)
    return false
  })
  graph.node = (graph.node ?? []).filter(({ opType, output, attribute }) => {
    const tensor = opType === 'Constant' ? attribute?.[0]?.t : null
    if (!tensor || isKept(tensor)) return true
    lift(output?.[0] ?? '', tensor)
    return false
  })
  graph.input = [...inputs.values()]
  // sizes of other inputs than the given ones
  graph.valueInfo = []
  widen(graph)
  const small = onnx.ModelProto.encode(model).finish()
  return { weights, withInputs: (fixedInputs) => withInputs(small, fixedInputs) }
}

function isKept({ dims, dataLocation }: Tensor): boolean {
  const elements = (dims ?? []).reduce<number>((product, size) => product * Number(size), 1)
  return elements <= MOST_KEPT && dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL
}

function withInputs(bytes: Uint8Array, fixedInputs: readonly GivenInput[]): Uint8Array {
  const model = onnx.ModelProto.decode(bytes)
  const graph = model.graph as Graph
  for (const { name, sizes, value } of fixedInputs) {
    const input = graph.input?.find((candidate) => candidate.name === name)
    const tensor = input?.type?.tensorType
    if (!tensor) throw new Failure(`input ${name}: expected a tensor, got another value`)
    tensor.shape = { dim: sizes.map((size) => ({ dimValue: size })) }
    if (value === undefined) continue
    graph.input = graph.input!.filter((candidate) => candidate !== input)
    graph.initializer = [...(graph.initializer ?? []), constant(name, sizes, tensor, value)]
  }
  // shapes that the file states of outputs are those of other inputs
  for (const { type } of graph.output ?? []) delete type?.tensorType?.shape
  return onnx.ModelProto.encode(model).finish()
}

function constant(
  name: string,
  sizes: readonly number[],
  { elemType }: { elemType?: number | null },
  value: number,
) {
  const elements = sizes.reduce((product, size) => product * size, 1)
  const values = Array.from({ length: elements }, () => value)
  const dims = [...sizes]
  const tensor = { name, dims, dataType: elemType ?? 0 }
  if (elemType === TYPE.INT64) return { ...tensor, int64Data: values }
  if (elemType === TYPE.FLOAT) return { ...tensor, floatData: values }
  return { ...tensor, int32Data: values }
}

/** float16 and bfloat16 as float32, in nested graphs, too. */
function widen(graph: Graph): void {
  for (const { type } of [...(graph.input ?? []), ...(graph.output ?? [])]) {
    if (type?.tensorType && isHalf(type.tensorType.elemType)) type.tensorType.elemType = TYPE.FLOAT
  }
  for (const tensor of graph.initializer ?? []) widenTensor(tensor)
  for (const { attribute } of graph.node ?? []) for (const entry of attribute ?? []) widenIn(entry)
}

function widenIn(attribute: Attribute): void {
  const { name, i, t, g, tensors, graphs } = attribute
  if ((name === 'to' || name === 'dtype') && isHalf(Number(i ?? 0))) attribute.i = TYPE.FLOAT
  for (const tensor of [...(t ? [t] : []), ...(tensors ?? [])]) widenTensor(tensor)
  for (const nested of [...(g ? [g] : []), ...(graphs ?? [])]) {
    nested.valueInfo = []
    widen(nested as Graph)
  }
}

const isHalf = (type: number | null | undefined) => type === TYPE.FLOAT16 || type === TYPE.BFLOAT16

function widenTensor(tensor: Tensor): void {
  const { dataType, rawData, int32Data } = tensor
  if (!isHalf(dataType)) return
  const view = Buffer.from(rawData ?? [])
  const bits = view.length > 0 ? new Uint16Array(Uint8Array.from(view).buffer) : (int32Data ?? [])
  tensor.floatData = Array.from(bits, dataType === TYPE.FLOAT16 ? halfValue : brainValue)
  tensor.dataType = TYPE.FLOAT
  tensor.rawData = new Uint8Array(0)
  tensor.int32Data = []
}

/** A bfloat16 by its bits: the upper half of a float32. */
const brainValue = (bits: number) => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!
