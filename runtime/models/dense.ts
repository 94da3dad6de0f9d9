import type { Graph } from './graph.ts'

export interface DenseOptions {
  readonly name: string
  readonly inputs: number
  readonly outputs: number
  /** of the weights */
  readonly scale: number
}

/** Of the activations of a row. */
const LEAST_RANGE = 1e-30

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
  const { matrix, columns } = quantisedWeights(graph, options)
  const [levels, step, zero] = graph.nodes('DynamicQuantizeLinear', [x], 3)
  const sums = graph.cast(graph.node('MatMulInteger', [levels!, matrix, zero!]), 'FLOAT')
  return graph.node('Mul', [sums, graph.node('Mul', [columns, step!])])
}

/**
 * x W + b of an int8 graph, with the activations of each row to int8 by its own range, symmetric: a
 * row has the same result whatever the others are.
 */
export function denseByRow(graph: Graph, x: string, options: DenseOptions): string {
  const { name, outputs } = options
  const { matrix, columns } = quantisedWeights(graph, options)
  const axis = graph.int64(`${name}.axis`, [-1])
  const largest = graph.node('ReduceMax', [graph.node('Abs', [x]), axis], { keepdims: 1 })
  // a row of zeros has any step
  const least = graph.scalar(`${name}.least`, LEAST_RANGE)
  const step = graph.node('Div', [
    graph.node('Max', [largest, least]),
    graph.scalar(`${name}.levels`, 127),
  ])
  const levels = graph.cast(graph.node('Round', [graph.node('Div', [x, step])]), 'INT8')
  const sums = graph.cast(graph.node('MatMulInteger', [levels, matrix]), 'FLOAT')
  const product = graph.node('Mul', [graph.node('Mul', [sums, columns]), step])
  return graph.node('Add', [product, graph.weight(`${name}.bias`, [outputs], BIAS_SCALE)])
}

/** Weights as int8 by column, symmetric, and the step of each column. */
function quantisedWeights(graph: Graph, { name, inputs, outputs, scale }: DenseOptions) {
  const weights = graph.draw(`${name}.weight`, inputs * outputs, scale)
  const { quantised, steps } = quantiseColumns(weights, inputs, outputs)
  return {
    matrix: graph.int8(`${name}.weight`, [inputs, outputs], quantised),
    columns: graph.floats(`${name}.steps`, [outputs], steps),
  }
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
