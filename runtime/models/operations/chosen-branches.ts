import onnxProto from 'onnx-proto'

const { onnx } = onnxProto

type Model = ReturnType<typeof onnx.ModelProto.decode>
type Graph = Parameters<typeof onnx.GraphProto.encode>[0]
type Node = Parameters<typeof onnx.NodeProto.encode>[0]

/** The model after ONNX Runtime has folded what does not depend on values. */
export type Fold = (bytes: Uint8Array) => Promise<Uint8Array>

/**
 * The model with the nodes of one branch in place of each `If` whose condition depends on shapes
 * and stored values alone. ONNX Runtime does so, too, but fails where such nodes are nested.
 */
export async function withChosenBranches(bytes: Uint8Array, fold: Fold): Promise<Uint8Array> {
  const model = onnx.ModelProto.decode(bytes)
  const graph = model.graph as Graph
  const undecided = new Set<Node>()
  for (;;) {
    const nodes = graph.node ?? []
    const at = nodes.findIndex((node) => node.opType === 'If' && !undecided.has(node))
    if (at < 0) break
    const node = nodes[at]!
    const condition = await conditionOf(model, node.input?.[0] ?? '', fold)
    const taken = condition ? 'then_branch' : 'else_branch'
    const branch = node.attribute?.find(({ name }) => name === taken)?.g
    if (condition === null || !branch) undecided.add(node)
    else
      graph.node = [...nodes.slice(0, at), ...inlined(graph, node, branch), ...nodes.slice(at + 1)]
  }
  return onnx.ModelProto.encode(model).finish()
}

/** Null where the condition depends on other values. */
async function conditionOf(model: Model, name: string, fold: Fold): Promise<boolean | null> {
  const graph = model.graph as Graph
  const wanted = new Set([name])
  const nodes = (graph.node ?? []).toReversed().filter(({ input, output }) => {
    if (!output?.some((result) => wanted.has(result))) return false
    for (const operand of input ?? []) wanted.add(operand)
    return true
  })
  if (nodes.some(({ opType }) => opType === 'If' || opType === 'Loop' || opType === 'Scan')) {
    return null
  }
  const type = { tensorType: { elemType: onnx.TensorProto.DataType.BOOL } }
  const part = {
    name: 'condition',
    node: nodes.toReversed(),
    initializer: (graph.initializer ?? []).filter((tensor) => wanted.has(tensor.name ?? '')),
    input: (graph.input ?? []).filter((input) => wanted.has(input.name ?? '')),
    output: [{ name, type }],
  }
  const { irVersion, opsetImport } = model
  const encoded = onnx.ModelProto.encode({ irVersion, opsetImport, graph: part }).finish()
  const folded = onnx.ModelProto.decode(await fold(encoded)).graph as Graph
  const tensor = folded.initializer?.find((initializer) => initializer.name === name)
  if (!tensor) return null
  return (tensor.rawData?.[0] ?? Number(tensor.int32Data?.[0] ?? 0)) !== 0
}

/** The nodes of a branch, with names of their own, and its results under the names of the `If`. */
function inlined(graph: Graph, node: Node, branch: Graph): Node[] {
  const prefix = node.output?.[0] ?? ''
  const stored = branch.initializer ?? []
  const nodes = branch.node ?? []
  const defined = [
    ...stored.map((tensor) => tensor.name ?? ''),
    ...nodes.flatMap(({ output }) => output ?? []),
  ]
  const names = new Map(
    defined.filter((name) => name !== '').map((name) => [name, `${prefix}/${name}`]),
  )
  const renamed = (name: string) => names.get(name) ?? name
  const results = (branch.output ?? []).map(({ name }) => renamed(name ?? ''))
  for (const tensor of stored) tensor.name = renamed(tensor.name ?? '')
  rename(branch, renamed)
  graph.initializer = [...(graph.initializer ?? []), ...stored]
  const passed = (node.output ?? []).map((name, i) => ({
    opType: 'Identity',
    input: [results[i] ?? ''],
    output: [name],
  }))
  return [...nodes, ...passed]
}

/** Renames in a graph and those nested in it. */
function rename(graph: Graph, renamed: (name: string) => string): void {
  for (const output of graph.output ?? []) output.name = renamed(output.name ?? '')
  for (const node of graph.node ?? []) {
    node.input = (node.input ?? []).map(renamed)
    node.output = (node.output ?? []).map(renamed)
    for (const { g, graphs } of node.attribute ?? []) {
      for (const nested of [...(g ? [g] : []), ...(graphs ?? [])]) rename(nested, renamed)
    }
  }
}
