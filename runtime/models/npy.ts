import { createHash } from 'node:crypto'
import { readUserFile, type TensorType, Unreadable, userFilePieces } from '../../scenarios/index.ts'
import { bytesOf, elementsOf, type TensorData } from './tensor-data.ts'

/** An array of NumPy: its elements in C order, the last axis fastest. */
export interface NpyArray {
  readonly type: TensorType
  readonly shape: readonly number[]
  readonly data: TensorData
}

/** Samples lie in memory, once for each replica. */
const MOST_BYTES = 1e9

/** Element types as `descr` has them: little endian, or one byte. */
const TYPES: Readonly<Record<string, TensorType>> = {
  '<f4': 'float32',
  '<f2': 'float16',
  '<f8': 'float64',
  '<i8': 'int64',
  '<i4': 'int32',
  '<i2': 'int16',
  '|i1': 'int8',
  '<u8': 'uint64',
  '<u4': 'uint32',
  '<u2': 'uint16',
  '|u1': 'uint8',
  '|b1': 'bool',
}

const MAGIC = '\x93NUMPY'

/** Reads a .npy file, with the hash of its bytes. Throws `Unreadable` with what is allowed. */
export async function readSamples(path: string): Promise<{ array: NpyArray; hash: string }> {
  const bytes = await readUserFile(path, MOST_BYTES)
  return { array: parseNpy(bytes), hash: createHash('sha256').update(bytes).digest('hex') }
}

/** Reads only the shape of a .npy file. Throws `Unreadable`. */
export async function readSamplesShape(path: string): Promise<readonly number[]> {
  for await (const piece of userFilePieces(path, MOST_BYTES)) return headerOf(piece).shape
  throw new Unreadable('an empty file')
}

/**
 * Reads an array in the NPY format, version 1 to 3 (NumPy Enhancement Proposal 1): a magic string,
 * the version, the length of the header in two or four bytes, the header as a Python literal, data.
 */
export function parseNpy(bytes: Buffer): NpyArray {
  const { type, shape, end } = headerOf(bytes)
  const size = shape.reduce((product, n) => product * n, 1) * bytesOf(type)
  const data = bytes.subarray(end)
  if (data.length !== size) {
    const expected = `${size} bytes of data for shape (${shape.join(', ')})`
    throw new Unreadable(`a damaged .npy file: expected ${expected}, got ${data.length}`)
  }
  // a copy is aligned, whatever the length of the header
  return { type, shape, data: elementsOf(type, new Uint8Array(data)) }
}

/** What the header states, and the offset of the data. */
function headerOf(bytes: Buffer) {
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC || bytes.length < 12) {
    throw new Unreadable('another kind of file; write it with numpy.save')
  }
  const version = bytes[6]!
  if (version < 1 || version > 3) throw new Unreadable(`a .npy file of version ${version}, not 1–3`)
  const [start, length] = version === 1 ? [10, bytes.readUInt16LE(8)] : [12, bytes.readUInt32LE(8)]
  const end = start + length
  return { ...parseHeader(bytes.toString('latin1', start, end)), end }
}

function parseHeader(header: string): { type: TensorType; shape: number[] } {
  const descr = /'descr': *'([^']*)'/.exec(header)?.[1]
  const fortran = /'fortran_order': *(True|False)/.exec(header)?.[1]
  const dims = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1]
  if (fortran === undefined || dims === undefined) {
    throw new Unreadable('a .npy file with a damaged header')
  }
  const type = TYPES[descr ?? '']
  if (descr?.startsWith('>')) {
    throw new Unreadable(
      `big-endian values (${descr}); write them with x.astype('<${descr.slice(1)}')`,
    )
  }
  if (type === undefined) {
    const allowed = Object.keys(TYPES).join(' ')
    throw new Unreadable(`values of ${descr ?? 'several fields'}; allowed are ${allowed}`)
  }
  if (fortran === 'True') {
    throw new Unreadable('an array in Fortran order; write it with numpy.ascontiguousarray')
  }
  const shape = dims
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number)
  return { type, shape }
}
