import onnxProto from 'onnx-proto'

export const { onnx } = onnxProto

export type Model = InstanceType<typeof onnx.ModelProto>
export type Graph = Parameters<typeof onnx.GraphProto.encode>[0]
export type Node = Parameters<typeof onnx.NodeProto.encode>[0]
export type Attribute = Parameters<typeof onnx.AttributeProto.encode>[0]
export type Tensor = Parameters<typeof onnx.TensorProto.encode>[0]

export const decodeModel = (bytes: Uint8Array) => onnx.ModelProto.decode(bytes)

export const nameOf = ({ name, output }: Node): string => name || (output?.[0] ?? '')

export const dimsOf = ({ dims }: Tensor): number[] => (dims ?? []).map(Number)

/** The elements of a float32 tensor; null for other types, and where they are in another file. */
export function floatsOf({ dataType, rawData, floatData, dims }: Tensor): Float32Array | null {
  if (dataType !== onnx.TensorProto.DataType.FLOAT) return null
  // a copy is aligned
  const raw = new Uint8Array(rawData ?? [])
  const values = raw.length > 0 ? new Float32Array(raw.buffer) : Float32Array.from(floatData ?? [])
  const size = (dims ?? []).reduce<number>((product, n) => product * Number(n), 1)
  return values.length === size ? values : null
}

/** An attribute with a number, whole or not. */
export function numberOf({ attribute }: Node, name: string): number | null {
  const entry = attribute?.find((candidate) => candidate.name === name)
  if (!entry) return null
  return entry.type === onnx.AttributeProto.AttributeType.FLOAT
    ? Number(entry.f ?? 0)
    : Number(entry.i ?? 0)
}

/** Graphs nested in a node: branches and the bodies of loops. */
export function nestedIn({ attribute }: Node): Graph[] {
  return (attribute ?? []).flatMap(({ g, graphs }) => [
    ...(g ? [g as Graph] : []),
    ...((graphs ?? []) as Graph[]),
  ])
}

/** Values that a node reads, those in its nested graphs included. */
export function readBy(node: Node): string[] {
  const within = nestedIn(node).flatMap((graph) => [
    ...(graph.node ?? []).flatMap(readBy),
    ...(graph.output ?? []).map(({ name }) => name ?? ''),
  ])
  return [...(node.input ?? []), ...within]
}
