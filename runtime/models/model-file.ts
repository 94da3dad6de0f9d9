import { createHash } from 'node:crypto'
import { Failure, type Model, type Precision } from '../../scenarios/index.ts'
import { builtinContent, builtinFile, bytesHash } from './builtin-file.ts'
import type { ModelFile, ModelPlaces } from './model-types.ts'
import { checkInputs, readSignature } from './signature.ts'
import { findUserModel, userModelPieces } from './user-model.ts'

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

/**
 * Identifies what a model computes, so that figures of two models are not confused. Null for
 * declared work; throws `Failure` if the file is missing. Relative paths start at `directory`.
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
