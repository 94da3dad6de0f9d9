import onnxProto from 'onnx-proto'

const { onnx } = onnxProto
const TYPE = onnx.TensorProto.DataType

type Graph = InstanceType<typeof onnx.GraphProto>
type Tensor = InstanceType<typeof onnx.TensorProto>
type ValueInfo = Graph['input'][number]

/** An input or output as the graph declares it. */
export interface GraphValue {
  readonly name: string
  /** as a scenario names it, or the lower-case name in ONNX; null if it is no tensor */
  readonly type: string | null
  /** sizes, or of a free dimension its name, null without one; null if no shape is stated */
  readonly shape: readonly (number | string | null)[] | null
}

/** An input that a session must be fed with. */
export interface GraphInput extends GraphValue {
  /** rows of the stored table that its indices are looked up in; null if there is none */
  readonly rows: number | null
}

/** What an ONNX file states about its model. */
export interface OnnxGraph {
  readonly inputs: readonly GraphInput[]
  readonly outputs: readonly GraphValue[]
  readonly opsets: readonly { readonly domain: string; readonly version: number }[]
  /** elements of all stored tensors, in nested graphs, too */
  readonly parameters: number
  /** bytes of all stored tensors, in other files, too; null where one has a type without a size */
  readonly weightBytes: number | null
  /** files with weights, relative to the model, each once */
  readonly externalFiles: readonly string[]
}

/** Null if the bytes are no ONNX model. */
export function readGraph(bytes: Uint8Array): OnnxGraph | null {
  const model = decoded(bytes)
  const graph = model?.graph
  if (!model || !graph?.node?.length) return null
  const tensors = tensorsOf(graph as Graph)
  // up to IR version 3 initializers are listed among the inputs, too
  const constant = new Set(graph.initializer?.map((tensor) => tensor.name))
  return {
    inputs: (graph.input ?? [])
      .filter(({ name }) => !constant.has(name ?? ''))
      .map((input) => ({ ...graphValue(input), rows: rowsOf(graph as Graph, input.name ?? '') })),
    outputs: (graph.output ?? []).map(graphValue),
    opsets: (model.opsetImport ?? []).map(({ domain, version }) => ({
      domain: domain || 'ai.onnx',
      version: Number(version ?? 0),
    })),
    parameters: tensors.reduce((sum, { dims }) => sum + elements(dims ?? []), 0),
    weightBytes: tensors.reduce<number | null>(withBytes, 0),
    externalFiles: [...new Set(tensors.flatMap(externalFile))].sort(),
  }
}

function decoded(bytes: Uint8Array) {
  try {
    return onnx.ModelProto.decode(bytes)
  } catch {
    return null
  }
}

/** Initializers and the tensors of attributes, of a graph and of those nested in it. */
function tensorsOf(graph: Graph): Tensor[] {
  const inner = (graph.node ?? []).flatMap(({ attribute }) =>
    (attribute ?? []).flatMap(({ t, tensors, g, graphs }) => [
      ...(t ? [t as Tensor] : []),
      ...((tensors ?? []) as Tensor[]),
      ...[...(g ? [g] : []), ...(graphs ?? [])].flatMap((nested) => tensorsOf(nested as Graph)),
    ]),
  )
  return [...((graph.initializer ?? []) as Tensor[]), ...inner]
}

const elements = (dims: Tensor['dims']) => dims.reduce<number>((n, size) => n * Number(size), 1)

/** Bits of an element, by number of the type in ONNX: the newest are not in this reader. */
const BITS: Readonly<Record<number, number>> = {
  1: 32,
  2: 8,
  3: 8,
  4: 16,
  5: 16,
  6: 32,
  7: 64,
  9: 8,
  10: 16,
  11: 64,
  12: 32,
  13: 64,
  // bfloat16, four kinds of float8, int4 and uint4
  14: 64,
  15: 128,
  16: 16,
  17: 8,
  18: 8,
  19: 8,
  20: 8,
  21: 4,
  22: 4,
}

function withBytes(sum: number | null, { dims, dataType }: Tensor): number | null {
  const bits = BITS[dataType ?? 0]
  if (sum === null || bits === undefined) return null
  return sum + Math.ceil((elements(dims ?? []) * bits) / 8)
}

function externalFile({ dataLocation, externalData }: Tensor): string[] {
  if (dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL) return []
  return (externalData ?? []).flatMap(({ key, value }) => (key === 'location' && value) || [])
}

/** Types whose names in ONNX are those of C. */
const FLOATS: Readonly<Record<string, string>> = { float: 'float32', double: 'float64' }

/** Embeddings are lookups: `Gather` of rows of a table by indices, which may be cast before. */
function rowsOf({ node, initializer }: Graph, indices: string): number | null {
  const names = new Set([indices])
  // nodes stand in the order of their data
  for (const { opType, input, output } of node ?? []) {
    if (opType === 'Cast' && names.has(input?.[0] ?? '')) names.add(output?.[0] ?? '')
    if (opType !== 'Gather' || !names.has(input?.[1] ?? '')) continue
    const table = initializer?.find(({ name }) => name === input?.[0])
    if (table?.dims?.length === 2) return Number(table.dims[0])
  }
  return null
}

function graphValue({ name, type }: ValueInfo): GraphValue {
  const tensor = type?.tensorType
  const number = tensor?.elemType ?? 0
  const text = (TYPE[number] ?? `type ${number}`).toLowerCase()
  const shape = tensor?.shape?.dim?.map(({ dimValue, dimParam }) => {
    const size = Number(dimValue ?? 0)
    return dimParam || (size > 0 ? size : null)
  })
  return {
    name: name ?? '',
    type: tensor ? (FLOATS[text] ?? text) : null,
    shape: shape ?? null,
  }
}
