import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tensor } from 'onnxruntime-node'
import { bytesHash } from '../builtin-file.ts'
import { Feeds } from '../feeds.ts'
import { Graph } from '../graph.ts'
import type { InputSpec, ModelFile } from '../model-types.ts'
import { outputDifference } from '../output-difference.ts'
import { openSession } from '../session.ts'
import { decodeModel, type Model, onnx } from './proto.ts'

/** A net of the input `x` under construction; returns the name of its last value. */
export type Net = (graph: Graph, x: string) => string

const IMAGE = ['batch', 3, 12, 12] as const
export const ROW = ['batch', 24] as const

const square = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }

export function conv(graph: Graph, x: string, name: string, channels: number, from: number) {
  const weight = graph.weight(`${name}.weight`, [channels, from, 3, 3], 1 / Math.sqrt(9 * from))
  return graph.node('Conv', [x, weight, graph.weight(`${name}.bias`, [channels], 0.1)], square)
}

/** Nets of one operator each, with the input that they take. */
export const NETS = {
  conv: {
    shape: IMAGE,
    net: (graph: Graph, x: string) => {
      const first = graph.node('Relu', [conv(graph, x, 'first', 16, 3)])
      return conv(graph, first, 'second', 8, 16)
    },
  },
  gemm: {
    shape: ROW,
    net: (graph: Graph, x: string) => {
      const weight = graph.weight('weight', [16, 24], 0.2)
      return graph.node('Gemm', [x, weight, graph.weight('bias', [16], 0.1)], { transB: 1 })
    },
  },
  matmul: {
    shape: ['batch', 5, 24] as const,
    net: (graph: Graph, x: string) =>
      graph.node('MatMul', [x, graph.weight('weight', [24, 16], 0.2)]),
  },
} as const

export interface NetOptions {
  readonly shape?: InputSpec['shape']
  readonly precision?: 'fp32' | 'fp16'
  /** changes the encoded model */
  readonly change?: (model: Model) => void
}

/** Writes a net to a folder, as a model that drawn values feed. */
export function netFile(folder: string, net: Net, options: NetOptions = {}): ModelFile {
  const { shape = ROW, precision = 'fp32', change } = options
  const graph = new Graph({ name: 'net', seed: 1, precision })
  graph.output(net(graph, graph.input('x', graph.floatType, shape)), 'y', [])
  const pieces = graph.encode()
  const model = decodeModel(Buffer.concat(pieces))
  // shapes of outputs are not stated
  for (const { type } of model.graph!.output!) delete type!.tensorType!.shape
  change?.(model)
  const bytes = onnx.ModelProto.encode(model).finish()
  const path = join(folder, 'net.onnx')
  writeFileSync(path, bytes)
  const key = bytesHash(bytes)
  const type = precision === 'fp16' ? 'float16' : 'float32'
  const inputs: InputSpec[] = [{ name: 'x', type, shape, fill: 'normal', vocabulary: 2 }]
  return { path, key, content: key, inputs, bytes: bytes.length }
}

/** The first output for some batches of one. */
export async function outputsOf(file: ModelFile, path: string, keys: readonly number[]) {
  const options = { executionProvider: 'cpu', threads: 1 } as const
  const { session } = await openSession({ ...file, path }, options)
  const feeds = new Feeds(file.inputs, { seed: 1 })
  const outputs: Tensor[] = []
  for (const key of keys) {
    const batch = feeds.build(1, 1, Int32Array.of(1), Uint32Array.of(key))
    outputs.push(Object.values(await session.run(batch))[0]!)
  }
  await session.release()
  return outputs.map(({ dims, data }) => ({
    dims,
    values: Float64Array.from(data as Float32Array),
  }))
}

/** The least cosine similarity of two models over inputs that no calibration has seen. */
export async function leastCosine(file: ModelFile, path: string): Promise<number> {
  const keys = [100, 101, 102, 103]
  const [a, b] = [await outputsOf(file, file.path, keys), await outputsOf(file, path, keys)]
  return Math.min(...a.map((output, i) => outputDifference(output, b[i]!)!.cosine))
}

export const modelAt = (path: string): Model => decodeModel(readFileSync(path))

/** How often a model has each operator. */
export function operatorsOf({ graph }: Model): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { opType } of graph!.node!) counts[opType!] = (counts[opType!] ?? 0) + 1
  return counts
}
