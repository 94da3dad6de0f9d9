import { createHash } from 'node:crypto'
import { Failure, type Model, type Precision } from '../../scenarios/index.ts'
import { builtinContent, builtinFile, bytesHash } from './builtin-file.ts'
import type { Dimension } from './graph.ts'
import { checkInputs, readSignature } from './signature.ts'
import { findUserModel, userModelPieces } from './user-model.ts'

export type TensorType = 'float32' | 'float16' | 'int64' | 'int32'

/** One input of a model and what it is fed with. */
export interface InputSpec {
  readonly name: string
  readonly type: TensorType
  readonly shape: readonly Dimension[]
  /** `ones` is 1 within a request and 0 in its padding, so it serves as attention mask */
  readonly fill: 'normal' | 'tokens' | 'ones'
  /** upper limit of `tokens`, which lie in [1, vocabulary) */
  readonly vocabulary: number
}

/** A model ready to open, wherever it came from. Plain data: it travels between threads. */
export interface ModelFile {
  readonly path: string
  /** first 16 hex digits of the SHA-256 of the file */
  readonly key: string
  /** what profiles name it by, see `contentOf` */
  readonly content: string
  readonly inputs: readonly InputSpec[]
  /** size of the file */
  readonly bytes: number
}

export interface ModelPlaces {
  /** where relative paths and packages are looked up: the scenario's directory */
  readonly directory: string
  /** where built-in models are kept between runs */
  readonly cacheDirectory: string
  /** ends the building of a model */
  readonly signal?: AbortSignal
}

/**
 * Makes a scenario's model a file: builds a built-in one where the cache has none, finds and
 * checks an `onnx` one. Throws `Failure` with every mismatch between declared inputs and graph.
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

/**
 * Names what a model computes, so that figures of one are not taken for those of another: null for
 * declared work, a `Failure` where the file is missing. Relative paths start at `directory`.
 */
export async function contentOf(
  model: Model,
  precision: Precision,
  directory: string,
): Promise<string | Failure | null> {
  if ('work' in model) return null
  if ('builtin' in model) return builtinContent(model, precision)
  try {
    const hash = createHash('sha256')
    const path = findUserModel(model.onnx, directory)
    for await (const piece of userModelPieces(model.onnx, path)) hash.update(piece)
    return hash.digest('hex').slice(0, 16)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}
