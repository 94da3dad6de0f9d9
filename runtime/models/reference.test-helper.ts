import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import onnxProto from 'onnx-proto'
import type { Tensor } from 'onnxruntime-node'
import { errorFunction } from 'simple-statistics'
import type { Model, Precision } from '../../scenarios/index.ts'
import type { TransformerOptions } from './builtin-inputs.ts'
import { materialise } from './model-file.ts'
import { openSession } from './session.ts'

type Matrix = readonly (readonly number[])[]
type Weights = (name: string) => Float32Array

/** Runs `body` with a new folder, which is removed afterwards. */
export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-models-'))
  try {
    return await body(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The only output of ONNX Runtime on cpu for these feeds. */
export function runOnCpu(
  model: Model,
  precision: Precision,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Float32Array> {
  return withFolder(async (folder) => {
    const file = await materialise(model, precision, { directory: '.', cacheDirectory: folder })
    const { session } = await openSession(file, { executionProvider: 'cpu', threads: 1 })
    const outputs = Object.values(await session.run(feeds))
    await session.release()
    return outputs[0]!.data as Float32Array
  })
}

/** The float32 initializers of an encoded model by name. */
export function weightsOf(bytes: Uint8Array): Weights {
  const tensors = onnxProto.onnx.ModelProto.decode(bytes).graph?.initializer ?? []
  return (name) => {
    const raw = tensors.find((tensor) => tensor.name === name)?.rawData
    if (!raw) throw new Error(`no initializer ${name}`)
    return new Float32Array(Uint8Array.from(raw).buffer)
  }
}

/** Root mean square of a - b over that of b. */
export function drift(a: Float32Array, b: Float32Array): number {
  const square = b.reduce((sum, x) => sum + x * x, 0)
  return Math.sqrt(b.reduce((sum, x, i) => sum + (a[i]! - x) ** 2, 0) / square)
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  return Array.from(a, (x, i) => Math.abs(x - b[i]!)).reduce((x, y) => Math.max(x, y), 0)
}

function dense(x: Matrix, weights: Weights, name: string): number[][] {
  const w = weights(`${name}.weight`)
  const bias = [...weights(`${name}.bias`)]
  return x.map((row) =>
    bias.map((b, j) => row.reduce((sum, value, i) => sum + value * w[i * bias.length + j]!, b)),
  )
}

export function referenceMlp(x: Matrix, layers: number, weights: Weights): number[][] {
  let values = x.map((row) => [...row])
  for (let i = 0; i < layers; i++) {
    values = dense(values, weights, `layer${i}`).map((row) => row.map((v) => Math.max(0, v)))
  }
  return values
}

/** The pooled vector of one sequence without padding, computed without tensors. */
export function referenceTransformer(
  ids: readonly number[],
  { layers, hidden, heads }: TransformerOptions,
  weights: Weights,
): number[] {
  const row = (name: string, i: number) => [...weights(name).subarray(i * hidden, (i + 1) * hidden)]
  let x = ids.map((id, i) => plus(row('embedding', id), row('positions', i)))
  for (let i = 0; i < layers; i++) {
    const layer = `layer${i}`
    const attended = attend(x, layer, heads, weights)
    x = x.map((values, t) => norm(plus(values, attended[t]!), `${layer}.norm1`, weights))
    const inner = dense(x, weights, `${layer}.up`).map((values) =>
      values.map((v) => (v * (1 + errorFunction(v / Math.SQRT2))) / 2),
    )
    const fed = dense(inner, weights, `${layer}.down`)
    x = x.map((values, t) => norm(plus(values, fed[t]!), `${layer}.norm2`, weights))
  }
  return x[0]!.map((_, j) => x.reduce((sum, values) => sum + values[j]!, 0) / x.length)
}

function plus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + b[i]!)
}

function norm(x: readonly number[], name: string, weights: Weights): number[] {
  const mean = x.reduce((a, b) => a + b) / x.length
  const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length
  const gain = weights(`${name}.gain`)
  const shift = weights(`${name}.shift`)
  return x.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * gain[i]! + shift[i]!)
}

function attend(x: Matrix, layer: string, heads: number, weights: Weights): number[][] {
  const query = dense(x, weights, `${layer}.query`)
  const key = dense(x, weights, `${layer}.key`)
  const value = dense(x, weights, `${layer}.value`)
  const size = query[0]!.length / heads
  const mixed = query.map((q) =>
    q.map((_, j) => {
      const first = Math.floor(j / size) * size
      const scores = key.map((k) => {
        let dot = 0
        for (let d = first; d < first + size; d++) dot += q[d]! * k[d]!
        return Math.exp(dot / Math.sqrt(size))
      })
      const total = scores.reduce((a, b) => a + b)
      return scores.reduce((sum, score, t) => sum + (score / total) * value[t]![j]!, 0)
    }),
  )
  return dense(mixed, weights, `${layer}.output`)
}
