import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import { hashOf, type Model, type Precision, readUserFile } from '../../scenarios/index.ts'
import { writeWhole } from '../write-whole.ts'
import { buildMlp, mlpInputs } from './mlp.ts'
import type { InputSpec } from './model-file.ts'
import { buildTransformer, transformerInputs } from './transformer-encoder.ts'

export type BuiltinModel = Extract<Model, { builtin: string }>

/** What the builders write at most, and Node reads at once. */
const MOST_BYTES = 2 ** 31 - 1

/** Part of every file name and content: raise it where what the builders write changes. */
const BUILDER_VERSION = 2

/**
 * Builds a built-in model into `directory` unless it is there already. A file that does not have
 * the sum beside it, as after a full disk or a bad copy, is built again.
 */
export async function builtinFile(
  model: BuiltinModel,
  precision: Precision,
  directory: string,
): Promise<{ path: string; inputs: readonly InputSpec[]; bytes: Uint8Array }> {
  const path = join(directory, builtinName(model, precision))
  const inputs = model.builtin === 'mlp' ? mlpInputs(model) : transformerInputs(model)
  const cached = await readUserFile(path, MOST_BYTES).catch(() => null)
  const sum = await readUserFile(sumPath(path), 1000).catch(() => null)
  if (cached !== null && sumText(path, cached) === sum?.toString())
    return { path, inputs, bytes: cached }
  const bytes =
    model.builtin === 'mlp' ? buildMlp(model, precision) : buildTransformer(model, precision)
  // several processes may build the same model at once: each renames a whole file into place
  await writeWhole(path, bytes)
  await writeWhole(sumPath(path), sumText(path, bytes))
  return { path, inputs, bytes }
}

const sumPath = (path: string) => `${path}.sha256`

/** As `sha256sum --check` takes it. */
const sumText = (path: string, bytes: Uint8Array) =>
  `${createHash('sha256').update(bytes).digest('hex')}  ${basename(path)}\n`

/** A name that tells all parameters, such as mlp-12x512-fp32-seed1-v1.onnx. */
function builtinName(model: BuiltinModel, precision: Precision): string {
  const size =
    model.builtin === 'mlp'
      ? `${model.layers}x${model.width}`
      : `${model.layers}x${model.hidden}-heads${model.heads}-vocabulary${model.vocabulary}`
  return `${model.builtin}-${size}-${precision}-seed${model.seed}-v${BUILDER_VERSION}.onnx`
}

/** First 16 hex digits of the SHA-256 of a file's bytes. */
export function bytesHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}

/**
 * Names what a built-in model computes. The builders are pinned by a test, so their version and the
 * parameters stand for the bytes, which may take minutes to build.
 */
export function builtinContent(model: BuiltinModel, precision: Precision): string {
  return hashOf({ builder: BUILDER_VERSION, model, precision })
}
