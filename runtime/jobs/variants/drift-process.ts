import type { Tensor } from 'onnxruntime-node'
import {
  halfValue,
  type ModelFile,
  type Output,
  outputDifference,
  type SessionOptions,
} from '../../models/index.ts'
import { openFeeds, openSession } from '../../models/onnx.ts'
import { serveParent } from '../../process/serve-parent.ts'

/** A model and how it is opened. */
export interface DriftModel {
  readonly file: ModelFile
  readonly session: SessionOptions
}

export interface DriftRequest {
  readonly a: DriftModel
  readonly b: DriftModel
  /** each is a batch of one */
  readonly inputs: readonly { readonly key: number; readonly length: number }[]
}

export interface DriftReply {
  readonly cosines: readonly number[]
  readonly rows: number
  readonly sameTop: number
}

/** Outputs of both models for the same inputs; a text where they cannot be compared. */
async function answer({ a, b, inputs }: DriftRequest): Promise<DriftReply | string> {
  const [first, second] = [await outputsOf(a, inputs), await outputsOf(b, inputs)]
  let [rows, sameTop] = [0, 0]
  const cosines: number[] = []
  for (const [i, output] of first.entries()) {
    const difference = outputDifference(output, second[i]!)
    if (difference === null) {
      const shapes = [output, second[i]!].map(({ dims }) => `[${dims.join(', ')}]`)
      return `outputs have other shapes: ${shapes.join(' and ')}`
    }
    cosines.push(difference.cosine)
    rows += difference.rows
    sameTop += difference.sameTop
  }
  return { cosines, rows, sameTop }
}

async function outputsOf(
  { file, session: options }: DriftModel,
  inputs: DriftRequest['inputs'],
): Promise<Output[]> {
  const { session } = await openSession(file, options)
  const feeds = await openFeeds(file.inputs, { seed: 1 })
  const [name] = session.outputNames
  const outputs: Output[] = []
  for (const { key, length } of inputs) {
    const lengths = Int32Array.of(length)
    const results = await session.run(feeds.build(1, length, lengths, Uint32Array.of(key)))
    outputs.push(numbersOf(results[name!]!))
  }
  await session.release()
  return outputs
}

function numbersOf({ dims, type, data }: Tensor): Output {
  const half = type === 'float16' && data instanceof Uint16Array
  const number = half ? halfValue : Number
  return { dims, values: Float64Array.from(data as ArrayLike<number>, number) }
}

serveParent(answer)
