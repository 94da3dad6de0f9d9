import { writeWhole } from '../folders/write-whole.ts'
import { type BuildRequest, sumPath, sumText } from './builtin-file.ts'
import { buildMlp } from './mlp.ts'
import { buildTransformer } from './transformer-encoder.ts'

/** Builds a model into a file. Several processes may build the same model at once. */
export async function buildFile({ model, precision, path }: BuildRequest): Promise<void> {
  const pieces =
    model.builtin === 'mlp' ? buildMlp(model, precision) : buildTransformer(model, precision)
  await writeWhole(path, pieces)
  await writeWhole(sumPath(path), sumText(path, pieces))
}
