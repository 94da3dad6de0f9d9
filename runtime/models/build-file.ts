import { writeWhole } from '../folders/write-whole.ts'
import { buildBlockDecoder } from './block-decoder.ts'
import { type BuildRequest, sumPath, sumText } from './builtin-file.ts'
import { decoderOptions } from './decoder-inputs.ts'
import { buildMlp } from './mlp.ts'
import { buildDecoder } from './transformer-decoder.ts'
import { buildTransformer } from './transformer-encoder.ts'

/** Builds a model into a file. Several processes may build the same model at once. */
export async function buildFile({ model, precision, path }: BuildRequest): Promise<void> {
  const pieces = piecesOf(model, precision)
  await writeWhole(path, pieces)
  await writeWhole(sumPath(path), sumText(path, pieces))
}

function piecesOf(
  model: BuildRequest['model'],
  precision: BuildRequest['precision'],
): readonly Uint8Array[] {
  if (model.builtin === 'mlp') return buildMlp(model, precision)
  if (model.builtin === 'transformer-encoder') return buildTransformer(model, precision)
  const options = decoderOptions(model)
  return precision === 'fp16' ? buildBlockDecoder(options) : buildDecoder(options, precision)
}
