import type { Product } from './products.ts'
import { decodeModel, type Graph, onnx } from './proto.ts'

const { INT } = onnx.AttributeProto.AttributeType

/** What is computed of each value: NaN in any element makes the last one NaN. */
const REDUCTIONS = ['ReduceMin', 'ReduceMax', 'ReduceL1'] as const

/** The values whose range quantisation needs, each once. */
export function valuesToCalibrate(products: readonly Product[]): string[] {
  return [
    ...new Set(products.flatMap(({ data, output }) => (output === null ? [data] : [data, output]))),
  ]
}

/** A model whose only outputs are the least, the largest and the absolute sum of each value. */
export function calibrationModel(bytes: Uint8Array, values: readonly string[]) {
  const model = decodeModel(bytes)
  const graph = model.graph as Graph
  const names = values.map((_, i) => REDUCTIONS.map((operator) => `spillway_${operator}_${i}`))
  const nodes = values.flatMap((value, i) =>
    REDUCTIONS.map((opType, j) =>
      onnx.NodeProto.create({
        opType,
        input: [value],
        output: [names[i]![j]!],
        attribute: [{ name: 'keepdims', type: INT, i: 0 }],
      }),
    ),
  )
  graph.node = [...(graph.node ?? []), ...nodes]
  graph.output = names.flat().map((name) => ({ name }))
  return { bytes: onnx.ModelProto.encode(model).finish(), names }
}
