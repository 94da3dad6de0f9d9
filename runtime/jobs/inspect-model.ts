import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Failure } from '../../scenarios/index.ts'
import {
  type FoundDecoder,
  findDecoder,
  type OnnxGraph,
  readOnnx,
  tokenBytes,
} from '../models/index.ts'
import { type CountedModel, type CountOptions, countModel } from './count-model.ts'
import { type PassedState, statesOf } from './starter-inputs.ts'

/** What an ONNX file states about its model, and the sizes of its files. */
export interface InspectedModel {
  readonly model: string
  readonly path: string
  readonly bytes: number
  readonly parameters: number
  readonly opsets: OnnxGraph['opsets']
  readonly inputs: OnnxGraph['inputs']
  readonly outputs: OnnxGraph['outputs']
  /** inputs that outputs continue, from one run to the next */
  readonly states: readonly PassedState[]
  /** what it states of a decoder; null where none of its inputs is one of a decoder */
  readonly decoder: InspectedDecoder | null
  /** files with weights; bytes are null where the file is missing */
  readonly externalData: readonly { readonly file: string; readonly bytes: number | null }[]
  /** null where they cannot be counted */
  readonly operations: CountedModel | null
  /** why they cannot */
  readonly operationsProblem: string | null
}

/** `tokenBytes`: of the keys and values of a token; null where the file cannot generate. */
export type InspectedDecoder = FoundDecoder & { readonly tokenBytes: number | null }

/** Reads an ONNX file, or one of npm:PACKAGE/PATH. Throws `Failure`. */
export async function inspectModel(
  model: string,
  directory: string,
  options: CountOptions & { readonly mustCount?: boolean } = {},
): Promise<InspectedModel> {
  const { path, bytes, graph } = await readOnnx(model, directory)
  if (graph === null)
    throw new Failure(`${model}: expected an ONNX model, got another kind of file`)
  const { parameters, opsets, inputs, outputs, externalFiles } = graph
  const externalData = externalFiles.map((file) => {
    const stats = statSync(join(dirname(path), file), { throwIfNoEntry: false })
    return { file, bytes: stats?.size ?? null }
  })
  const states = statesOf(graph)
  const decoder = findDecoder(graph)
  const problems: string[] = []
  const operations = await countModel(bytes, graph, options).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error
    if (options.mustCount) throw new Failure(error.problems.map((text) => `${model}: ${text}`))
    problems.push(...error.problems)
    return null
  })
  const sizes = { bytes: bytes.length, parameters }
  return {
    model,
    path,
    ...sizes,
    opsets,
    inputs,
    outputs,
    states,
    decoder: decoder && { ...decoder, tokenBytes: decoder.layout && tokenBytes(decoder.layout) },
    externalData,
    operations,
    operationsProblem: operations === null ? problems.join('; ') : null,
  }
}
