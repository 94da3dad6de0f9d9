import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Failure } from '../../../scenarios/index.ts'
import { type Graph, type Model, onnx } from './proto.ts'

/** Limit of the ONNX format. */
const MOST_BYTES = 2 ** 31 - 1

/**
 * Moves weights from the files beside a model into it, as a quantised model is one file. Returns
 * whether there were some. Throws `Failure` where they are too large for one.
 */
export async function inlineWeights(path: string, model: Model): Promise<boolean> {
  const { EXTERNAL, DEFAULT } = onnx.TensorProto.DataLocation
  const tensors = ((model.graph as Graph).initializer ?? []).filter(
    ({ dataLocation }) => dataLocation === EXTERNAL,
  )
  const files = new Map<string, Buffer>()
  let total = 0
  for (const tensor of tensors) {
    const stated = new Map((tensor.externalData ?? []).map(({ key, value }) => [key, value ?? '']))
    const location = resolve(dirname(path), stated.get('location') ?? '')
    if (!files.has(location)) {
      total += (await stat(location)).size
      if (total > MOST_BYTES) {
        throw new Failure(`${path}: expected weights of at most 2 GB, got more in other files`)
      }
      files.set(location, await readFile(location))
    }
    const from = Number(stated.get('offset') ?? 0)
    const length = stated.get('length')
    const to = length === undefined ? undefined : from + Number(length)
    tensor.rawData = files.get(location)!.subarray(from, to)
    tensor.dataLocation = DEFAULT
    tensor.externalData = []
  }
  return tensors.length > 0
}
