import { createHash } from 'node:crypto'
import { Failure, type Model, type Precision } from '../../scenarios/index.ts'
import { builtinContent } from './builtin-file.ts'
import { findUserModel, userModelPieces } from './user-model.ts'

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
