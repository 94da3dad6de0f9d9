import { Graph } from './graph.ts'
import { InferenceSession, Tensor } from './onnx-runtime.ts'
import { detailOf } from './session.ts'

/** Tensors in the memory of a GPU. */
export interface GpuTensors {
  readonly tensors: readonly Tensor[]
  /** Gives their memory back. */
  release(): Promise<void>
}

/**
 * So many tensors of zeros, each float16 [d0, d1, d2, d3], in the memory of the GPU: a session of
 * this process on webgpu takes them as inputs without a copy. ONNX Runtime in Node has no other way
 * there than the outputs of a session. Throws `RangeError` where they have no room.
 */
export async function zerosOnGpu(shape: readonly number[], count: number): Promise<GpuTensors> {
  const graph = new Graph({ name: 'zeros', seed: 0, precision: 'fp16' })
  const sizes = graph.input('sizes', 'INT64', [shape.length])
  const dims = shape.map((_, i) => `d${i}`)
  graph.output(graph.node('Expand', [graph.scalar('zero', 0), sizes]), 'zeros', dims, 'FLOAT16')
  const session = await InferenceSession.create(Buffer.concat(graph.encode()), {
    executionProviders: ['webgpu'],
    preferredOutputLocation: 'gpu-buffer',
    logSeverityLevel: 3,
  })
  const tensors: Tensor[] = []
  const release = async () => {
    for (const tensor of tensors) tensor.dispose()
    await session.release()
  }
  try {
    const feeds = {
      sizes: new Tensor('int64', BigInt64Array.from(shape.map(BigInt)), [shape.length]),
    }
    while (tensors.length < count) tensors.push((await session.run(feeds)).zeros!)
  } catch (error) {
    await release()
    throw new RangeError(`Expected room for a KV cache on the GPU (${detailOf(error)})`)
  }
  return { tensors, release }
}
