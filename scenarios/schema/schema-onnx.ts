import { z } from 'zod'
import { count } from './schema-values.ts'

/** Models that the user brings as ONNX files, and what their inputs are fed with. */

export const precision = z.enum(['fp32', 'fp16', 'int8'])

export const padTo = count
  .default(1)
  .describe('Lengths are padded to a multiple of this, then all to the longest of the batch')

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

const dimension = z.union([z.enum(['batch', 'length']), count])
const element = z.union([z.number(), z.boolean()])

const input = z.strictObject({
  shape: z
    .array(dimension)
    .max(32)
    .describe('Fixed sizes, and batch or length for free dimensions; [] for a scalar'),
  type: z.enum(Object.keys(tensorTypes) as TensorType[]).default('float32'),
  fill: z
    .enum(['normal', 'tokens', 'ones'])
    .default('normal')
    .describe('Kind of drawn values, unless value or file gives them'),
  vocabulary: count.default(1000).describe('Upper limit of `tokens`'),
  value: z
    .union([z.number(), z.boolean(), z.array(element).min(1).max(100_000)])
    .optional()
    .describe('The same values for every request: one for all elements, or a list of all elements'),
  file: z
    .string()
    .min(1)
    .optional()
    .describe('Real samples, a .npy file relative to the scenario: request i takes sample i mod n'),
})

const path = z.string().min(1)

const variants = z
  .strictObject({ fp32: path.optional(), fp16: path.optional(), int8: path.optional() })
  .refine((files) => Object.keys(files).length > 0, {
    message: 'a file for at least one of the precisions fp32, fp16, int8',
  })

export const onnxModel = z.strictObject({
  onnx: z
    .union([path, variants])
    .describe('Path relative to the scenario, or npm:PACKAGE/PATH; or one for each precision'),
  inputs: z
    .record(z.string(), input)
    .describe('Maps batch and length to the free dimensions of each input'),
  pad_to: padTo,
})

type OnnxModel = z.infer<typeof onnxModel>

export type ModelInput = OnnxModel['inputs'][string]

/** The file that a model runs at a precision, as written. A check makes sure that it has one. */
export function onnxFileOf({ onnx }: OnnxModel, at: z.infer<typeof precision>): string {
  const file = typeof onnx === 'string' ? onnx : onnx[at]
  if (file === undefined) throw new Error(`Expected a file for ${at}`)
  return file
}
