import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Model, Precision } from '../../scenarios/index.ts'
import { writeWhole } from '../write-whole.ts'
import { buildMlp, mlpInputs } from './mlp.ts'
import type { InputSpec } from './model-file.ts'
import { buildTransformer, transformerInputs } from './transformer-encoder.ts'

export type BuiltinModel = Extract<Model, { builtin: string }>

/** Part of every file name: raise it with every change of what the builders write. */
const BUILDER_VERSION = 2

/** Builds a built-in model into `directory` unless it stands there already. */
export async function builtinFile(
  model: BuiltinModel,
  precision: Precision,
  directory: string,
): Promise<{ path: string; inputs: readonly InputSpec[] }> {
  const path = join(directory, builtinName(model, precision))
  const inputs = model.builtin === 'mlp' ? mlpInputs(model) : transformerInputs(model)
  if (existsSync(path)) return { path, inputs }
  const bytes =
    model.builtin === 'mlp' ? buildMlp(model, precision) : buildTransformer(model, precision)
  // several processes may build the same model at once: each renames a whole file into place
  await writeWhole(path, bytes)
  return { path, inputs }
}

/** A name that tells all parameters, such as mlp-12x512-fp32-seed1-v1.onnx. */
function builtinName(model: BuiltinModel, precision: Precision): string {
  const size =
    model.builtin === 'mlp'
      ? `${model.layers}x${model.width}`
      : `${model.layers}x${model.hidden}-heads${model.heads}-vocabulary${model.vocabulary}`
  return `${model.builtin}-${size}-${precision}-seed${model.seed}-v${BUILDER_VERSION}.onnx`
}
