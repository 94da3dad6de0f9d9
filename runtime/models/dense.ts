import type { Graph } from './graph.ts'

export interface DenseOptions {
  readonly name: string
  readonly inputs: number
  readonly outputs: number
  /** of the weights */
  readonly scale: number
}

/** Biases are small compared with activations, which the weights keep near 1. */
const BIAS_SCALE = 0.1

/** x W + b over the last dimension of `x`, in the graph's precision. */
export function dense(graph: Graph, x: string, options: DenseOptions): string {
  const { name, inputs, outputs, scale } = options
  const product =
    graph.precision === 'int8'
      ? quantisedProduct(graph, x, options)
      : graph.node('MatMul', [x, graph.weight(`${name}.weight`, [inputs, outputs], scale)])
  return graph.node('Add', [product, graph.weight(`${name}.bias`, [outputs], BIAS_SCALE)])
}

/**
 * Dynamic quantisation: activations to uint8 by the range of the whole tensor, weights to int8 by
 * column, symmetric. The range includes padding, so padding changes the result slightly.
 */
function quantisedProduct(graph: Graph, x: string, options: DenseOptions): string {
  const { name, inputs, outputs, scale } = options
  const weights = graph.draw(`${name}.weight`, inputs * outputs, scale)
  const { quantised, steps } = quantiseColumns(weights, inputs, outputs)
  const [levels, step, zero] = graph.nodes('DynamicQuantizeLinear', [x], 3)
  const matrix = graph.int8(`${name}.weight`, [inputs, outputs], quantised)
  const sums = graph.cast(graph.node('MatMulInteger', [levels!, matrix, zero!]), 'FLOAT')
  const columns = graph.floats(`${name}.steps`, [outputs], steps)
  return graph.node('Mul', [sums, graph.node('Mul', [columns, step!])])
}

/** int8 levels of a row-major matrix, and the scale of each column. */
function quantiseColumns(
  weights: Float32Array,
  rows: number,
  columns: number,
): { quantised: Int8Array; steps: Float32Array } {
  const steps = new Float32Array(columns)
  for (let i = 0; i < rows * columns; i++) {
    const column = i % columns
    steps[column] = Math.max(steps[column]!, Math.abs(weights[i]!) / 127)
  }
  const quantised = new Int8Array(rows * columns)
  for (let i = 0; i < rows * columns; i++) {
    quantised[i] = Math.round(weights[i]! / (steps[i % columns]! || 1))
  }
  return { quantised, steps }
}
