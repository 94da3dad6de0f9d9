import type { TensorType } from '../../scenarios/index.ts'

/** Element types as the Open Inference Protocol names them; texts (BYTES) are not served. */
const DATATYPES = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
} as const satisfies Record<TensorType, string>

export type Datatype = (typeof DATATYPES)[TensorType]

export const datatypeOf = (type: TensorType): Datatype => DATATYPES[type]

/** The type of elements of a name of the protocol; null for one that is not known here. */
export function typeOfDatatype(datatype: unknown): TensorType | null {
  const types = Object.keys(DATATYPES) as TensorType[]
  return types.find((type) => DATATYPES[type] === datatype) ?? null
}

/** The type that ONNX Runtime names so; null for one that the protocol lacks. */
export function tensorTypeOf(name: string): TensorType | null {
  return Object.hasOwn(DATATYPES, name) ? (name as TensorType) : null
}
