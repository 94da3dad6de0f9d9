import onnxProto from 'onnx-proto'
import type { GraphNode, NodeGraph } from './arena-log.ts'

const { onnx } = onnxProto

/** The nodes of an ONNX model. Throws if the bytes are no ONNX model. */
export function readGraph(bytes: Uint8Array): NodeGraph {
  const { graph } = onnx.ModelProto.decode(bytes)
  if (!graph) throw new Error('Expected a model with a graph')
  const present = (names: readonly string[] | null | undefined) =>
    (names ?? []).filter((name) => name !== '')
  const nodes = (graph.node ?? []).map(
    ({ opType, input, output }): GraphNode => ({
      op: opType ?? '',
      inputs: present(input),
      outputs: present(output),
    }),
  )
  return {
    nodes,
    outputs: present((graph.output ?? []).map((output) => output.name ?? '')),
  }
}
