import type { BuiltinDecoder, Precision } from '../../scenarios/index.ts'
import { type BuiltinModel, MAX_POSITIONS } from './builtin-inputs.ts'
import { decoderOptions, kvWidthOf } from './decoder-inputs.ts'

const INT64 = 8
const FLOAT = 4

/** Bytes of all tensors that the file of a built-in model stores, without building it. */
export function builtinWeightBytes(model: BuiltinModel, precision: Precision): number {
  const float = precision === 'fp16' ? 2 : FLOAT
  const dense = (inputs: number, outputs: number) => {
    // at int8 a column has a step, and the bias stays float
    const matrix = precision === 'int8' ? inputs * outputs + float * outputs : undefined
    return (matrix ?? float * inputs * outputs) + float * outputs
  }
  if (model.builtin === 'mlp') return model.layers * dense(model.width, model.width)
  if (model.builtin === 'transformer-decoder') return decoderBytes(model, precision, dense)
  const { layers, hidden, vocabulary } = model
  const tables = float * hidden * (vocabulary + MAX_POSITIONS)
  const products = 4 * dense(hidden, hidden) + dense(hidden, 4 * hidden) + dense(4 * hidden, hidden)
  const layer = products + 4 * float * hidden + LAYER_SCALARS * float + LAYER_SHAPES * INT64
  return tables + layers * layer + 2 * float + MASK_AND_POOL
}

function decoderBytes(
  model: BuiltinDecoder,
  precision: Precision,
  dense: (inputs: number, outputs: number) => number,
): number {
  const options = decoderOptions(model)
  const { layers, hidden, vocabulary, context } = options
  const float = precision === 'fp16' ? 2 : FLOAT
  const tables = float * hidden * (2 * vocabulary + context)
  const products =
    dense(hidden, hidden + 2 * kvWidthOf(options)) +
    dense(hidden, hidden) +
    dense(hidden, 4 * hidden) +
    dense(4 * hidden, hidden)
  // int8 rows have an axis, a least range and a number of levels at each product
  const byRow = precision === 'int8' ? 4 * (INT64 + 2 * FLOAT) : 0
  // at fp16 nothing is split, and only the number of answers is a shape
  const [widths, shapes] = precision === 'fp16' ? [0, 1] : [3, DECODER_SHAPES]
  const layer = products + 4 * float * hidden + 3 * float + widths * INT64 + byRow
  return tables + layers * layer + 2 * float * hidden + shapes * INT64
}

/** Axes of two dimensions, and that there are two answers. */
const DECODER_SHAPES = 3

/** The scale of scores and three constants of GELU; sizes by which heads are split and joined. */
const LAYER_SCALARS = 4
const LAYER_SHAPES = 4 + 3
/** The table of the mask and two limits, as float32; axes. */
const MASK_AND_POOL = 4 * FLOAT + 5 * INT64
