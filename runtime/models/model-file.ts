import { Failure, type Model, type Precision } from '../../scenarios/index.ts'
import { builtinContent, builtinFile, bytesHash } from './builtin-file.ts'
import type { Dimension } from './graph.ts'
import { checkInputs, readSignature } from './signature.ts'
import { findUserModel, userModelPieces } from './user-model.ts'

export type TensorType = 'float32' | 'float16' | 'int64' | 'int32'

/** One input of a model and the values that it is fed. */
export interface InputSpec {
  readonly name: string
  readonly type: TensorType
  readonly shape: readonly Dimension[]
  /** `ones` is 1 within a request and 0 in its padding, as an attention mask */
  readonly fill: 'normal' | 'tokens' | 'ones'
  /** upper limit of `tokens`, which lie in [1, vocabulary) */
  readonly vocabulary: number
}

/** A model file that is ready to open. Plain data, which can be sent between threads. */
export interface ModelFile {
  readonly path: string
  /** first 16 hex digits of the SHA-256 of the file */
  readonly key: string
  /** identifies the model in profiles, see `contentOf` */
  readonly content: string
  readonly inputs: readonly InputSpec[]
  /** size of the file */
  readonly bytes: number
}

export interface ModelPlaces {
  /** base of relative paths and packages: the scenario's directory */
  readonly directory: string
  /** cache of built-in models */
  readonly cacheDirectory: string
  /** ends the building of a model */
  readonly signal?: AbortSignal
}

/**
 * Returns a scenario's model as a file: builds a built-in model unless it is in the cache, finds
 * and checks an `onnx` one. Throws `Failure` with every mismatch between declared inputs and graph.
 */
export async function materialise(
  model: Model,
  precision: Precision,
  places: ModelPlaces,
): Promise<ModelFile> {
  if ('work' in model) {
    throw new Failure(`model with work ${model.work.law} is declared work, nothing can run it live`)
  }
  if ('builtin' in model) {
    const { path, inputs, bytes } = await builtinFile(model, precision, places)
    const content = builtinContent(model, precision)
    return { path, key: bytesHash(bytes), content, inputs, bytes: bytes.length }
  }
  const path = findUserModel(model.onnx, places.directory)
  const pieces: Buffer[] = []
  for await (const piece of userModelPieces(model.onnx, path)) pieces.push(piece)
  const bytes = Buffer.concat(pieces)
  const inputs = Object.entries(model.inputs).map(([name, input]) => ({ name, ...input }))
  const problems = checkInputs(inputs, readSignature(model.onnx, bytes))
  if (problems.length > 0) throw new Failure(problems.map((text) => `${model.onnx}: ${text}`))
  const key = bytesHash(bytes)
  return { path, key, content: key, inputs, bytes: bytes.length }
}
