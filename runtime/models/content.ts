import { Failure, type Model, type Precision } from '../../scenarios/index.ts'
import { builtinContent, bytesHash } from './builtin-file.ts'
import { findUserModel, readUserModel } from './user-model.ts'

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
    return bytesHash(await readUserModel(model.onnx, findUserModel(model.onnx, directory)))
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}
