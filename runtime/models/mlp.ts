import type { Precision } from '../../scenarios/index.ts'
import type { MlpOptions } from './builtin-inputs.ts'
import { dense } from './dense.ts'
import { Graph } from './graph.ts'

/**
 * Dense layers of equal width with ReLU between them: `x` [batch, width] to `y` [batch, width],
 * both float32. Weights have variance 2 / width, which keeps activations at the same scale through
 * any number of layers (He et al. 2015, eq. 10).
 */
export function buildMlp(options: MlpOptions, precision: Precision): readonly Uint8Array[] {
  const { layers, width, seed } = options
  const graph = new Graph({ name: 'mlp', seed, precision })
  const shape = ['batch', width] as const
  let x = graph.input('x', 'FLOAT', shape)
  if (precision === 'fp16') x = graph.cast(x, 'FLOAT16')
  for (let i = 0; i < layers; i++) {
    const scale = Math.sqrt(2 / width)
    const sum = dense(graph, x, { name: `layer${i}`, inputs: width, outputs: width, scale })
    x = graph.node('Relu', [sum])
  }
  if (precision === 'fp16') x = graph.cast(x, 'FLOAT')
  graph.output(x, 'y', shape)
  return graph.encode()
}
