import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import { Failure, hashOf, type Precision, readUserFile } from '../../scenarios/index.ts'
import { askOnce, entryBeside } from '../process/child.ts'
import { type BuiltinModel, builtinInputs } from './builtin-inputs.ts'
import { decoderOptions } from './decoder-inputs.ts'
import type { InputSpec, ModelPlaces } from './model-types.ts'

/** Part of every file name and content: raise it when the builders' output changes. */
const BUILDER_VERSION = 2

/** Limit of the ONNX format. */
const MOST_BYTES = 2 ** 31 - 1
const MOST_SUM_BYTES = 1000

export interface BuildRequest {
  readonly model: BuiltinModel
  readonly precision: Precision
  readonly path: string
}

/** Builds a built-in model into the cache, unless a file with a valid checksum is there. */
export async function builtinFile(
  model: BuiltinModel,
  precision: Precision,
  { cacheDirectory, signal }: ModelPlaces,
): Promise<{ path: string; inputs: readonly InputSpec[]; bytes: Uint8Array }> {
  const path = join(cacheDirectory, builtinName(model, precision))
  const inputs = builtinInputs(model)
  let bytes = await soundFile(path)
  if (bytes === null) {
    const request: BuildRequest = { model, precision, path }
    const entry = entryBeside(import.meta.url, 'build-process')
    await askOnce<null>(entry, request, { name: 'the builder', signal })
    bytes = await soundFile(path)
  }
  if (bytes === null) throw new Failure(`${path}: was changed right after it was built; try again`)
  return { path, inputs, bytes }
}

/** The bytes of a file that matches its checksum; null for any other file. */
async function soundFile(path: string): Promise<Uint8Array | null> {
  const bytes = await readUserFile(path, MOST_BYTES).catch(() => null)
  const sum = await readUserFile(sumPath(path), MOST_SUM_BYTES).catch(() => null)
  return bytes !== null && sumText(path, [bytes]) === sum?.toString() ? bytes : null
}

export const sumPath = (path: string) => `${path}.sha256`

/** In the format of `sha256sum --check`. */
export function sumText(path: string, pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return `${hash.digest('hex')}  ${basename(path)}\n`
}

/** A name with all parameters, such as mlp-12x512-fp32-seed1-v1.onnx. */
function builtinName(model: BuiltinModel, precision: Precision): string {
  const size = sizeName(model)
  return `${model.builtin}-${size}-${precision}-seed${model.seed}-v${BUILDER_VERSION}.onnx`
}

function sizeName(model: BuiltinModel): string {
  if (model.builtin === 'mlp') return `${model.layers}x${model.width}`
  const { layers, hidden, heads, vocabulary } = model
  const size = `${layers}x${hidden}-heads${heads}-vocabulary${vocabulary}`
  if (model.builtin === 'transformer-encoder') return size
  const { kvHeads, context } = decoderOptions(model)
  return `${size}-kv${kvHeads}-context${context}`
}

/** First 16 hex digits of the SHA-256 of a file's bytes. */
export function bytesHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}

/**
 * Identifies what a built-in model computes. The builder version and the parameters determine the
 * bytes, which may take minutes to build; a test pins the bytes of each version.
 */
export function builtinContent(model: BuiltinModel, precision: Precision): string {
  return hashOf({ builder: BUILDER_VERSION, model, precision })
}
