import * as z from 'zod'
import { count, lazy } from './schema-values.ts'

/** Models that the user brings as ONNX files, and what their inputs are fed with. */

export const precision = z.enum(['fp32', 'fp16', 'int8'])

export const padTo = count
  .default(1)
  .describe('A batch is padded to its longest request, rounded up to a multiple of this.')

/** The whole numbers that an element type holds; null for floats. */
type Range = { readonly least: number; readonly most: number } | null

const signed = (bits: number): Range => ({ least: -(2 ** (bits - 1)), most: 2 ** (bits - 1) - 1 })
const unsigned = (bits: number): Range => ({ least: 0, most: 2 ** bits - 1 })
// numbers of a scenario are exact up to 2^53
const exact = Number.MAX_SAFE_INTEGER

/** Element types of tensors: all that ONNX Runtime takes in Node, except text. */
export const tensorTypes = Object.freeze({
  float32: null,
  float16: null,
  float64: null,
  int64: { least: -exact, most: exact },
  int32: signed(32),
  int16: signed(16),
  int8: signed(8),
  uint64: { least: 0, most: exact },
  uint32: unsigned(32),
  uint16: unsigned(16),
  uint8: unsigned(8),
  bool: unsigned(1),
} satisfies Record<string, Range>)

export type TensorType = keyof typeof tensorTypes

const dimension = lazy(() =>
  z
    .union([z.enum(['batch', 'length']), count])
    .describe('A fixed size, or which free dimension it is: `batch` or `length`.'),
)
const element = lazy(() => z.union([z.number(), z.boolean()]))

const input = lazy(() =>
  z
    .strictObject({
      shape: z
        .array(dimension)
        .max(32)
        .describe(
          'The size of each dimension: a number where it is fixed, `batch` or `length` where it is ' +
            'free; `[]` is a scalar.',
        ),
      type: z
        .enum(Object.keys(tensorTypes) as TensorType[])
        .default('float32')
        .describe('The element type of the input in the ONNX file.'),
      fill: z
        .enum(['normal', 'tokens', 'ones'])
        .default('normal')
        .describe(
          'The kind of drawn values: `normal` draws, `tokens` below `vocabulary`, or `ones` as in ' +
            'an attention mask. `value` and `file` replace it.',
        ),
      vocabulary: count
        .default(1000)
        .describe(
          'Drawn `tokens` are whole numbers from 1 to below this; for `fill: tokens` only.',
        ),
      value: z
        .union([z.number(), z.boolean(), z.array(element).min(1).max(100_000)])
        .optional()
        .describe(
          'The same values for every request: one for all elements, or a list of all elements if ' +
            'the shape is fixed.',
        ),
      file: z
        .string()
        .min(1)
        .optional()
        .describe(
          'The path of a .npy file with real samples, relative to the scenario: request i takes ' +
            'sample i mod n of n samples.',
        ),
    })
    .describe('The shape, the type and the values of an input.'),
)

const path = z.string().min(1)

const variant = (at: string) =>
  path
    .optional()
    .describe(`The path of the file for pools with \`precision: ${at}\`.`)
    .meta({ examples: [`model-${at}.onnx`] })

const variants = lazy(() =>
  z
    .strictObject({ fp32: variant('fp32'), fp16: variant('fp16'), int8: variant('int8') })
    .refine((files) => Object.keys(files).length > 0, {
      message: 'a file for at least one of the precisions fp32, fp16, int8',
    })
    .describe('A file for each precision that pools use; all must have the same inputs.'),
)

const onnx = z
  .union([path, variants])
  .describe(
    'The path of the ONNX file relative to the scenario, or npm:PACKAGE/PATH in an installed ' +
      'package; or a file for each precision.',
  )

export const onnxModel = lazy(() =>
  z
    .strictObject({
      onnx,
      inputs: z
        .record(z.string(), input)
        .describe(
          'How each input of the model is fed, by its name in the file. Every input needs an entry.',
        ),
      pad_to: padTo,
    })
    .describe('A model that is an ONNX file of your own.'),
)

/** The most tokens of a sequence. */
export const context = count
  .max(65_536)
  .describe(
    'The most tokens of a prompt and its answer, without the last one, which is not ' +
      'computed on. A request of a trace or of a session that has more is shed, as one that ' +
      'never fits into memory.',
  )

export const onnxDecoder = lazy(() =>
  z
    .strictObject({
      onnx,
      context,
      vocabulary: count
        .max(1 << 20)
        .optional()
        .describe(
          'The number of token indices; only where the file does not state it, and required there.',
        ),
    })
    .describe(
      'A decoder that is an ONNX file of your own, and generates answers token by token; its pools ' +
        'need `generation`. `models inspect` prints whether a file can.',
    ),
)

type OnnxModel = z.infer<typeof onnxModel>

export type ModelInput = OnnxModel['inputs'][string]

/** The file that a model runs at a precision, as written. A check makes sure that it has one. */
export function onnxFileOf({ onnx }: Pick<OnnxModel, 'onnx'>, at: string): string {
  const files: Readonly<Record<string, string | undefined>> = typeof onnx === 'string' ? {} : onnx
  const file = typeof onnx === 'string' ? onnx : files[at]
  if (file === undefined) throw new Error(`Expected a file for ${at}`)
  return file
}
