import type { Graph } from './graph.ts'

/** Parts that transformer encoders and decoders have in common. */

/** Layer normalisation over the last dimension of `x`. */
export function norm(graph: Graph, x: string, name: string, hidden: number): string {
  const gain = graph.floats(`${name}.gain`, [hidden], new Float32Array(hidden).fill(1))
  const shift = graph.weight(`${name}.shift`, [hidden], 0.1)
  return graph.node('LayerNormalization', [x, gain, shift], { axis: -1, epsilon: { float: 1e-5 } })
}

/** x (1 + erf(x / sqrt 2)) / 2 */
export function gelu(graph: Graph, x: string, layer: string): string {
  const inner = graph.node('Mul', [x, graph.scalar(`${layer}.rootHalf`, Math.SQRT1_2)])
  const shifted = graph.node('Add', [graph.node('Erf', [inner]), graph.scalar(`${layer}.one`, 1)])
  const half = graph.node('Mul', [x, graph.scalar(`${layer}.half`, 0.5)])
  return graph.node('Mul', [half, shifted])
}
