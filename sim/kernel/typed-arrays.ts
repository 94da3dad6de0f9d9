const KINDS = [Float64Array, Float32Array, Int32Array, Uint32Array, Uint16Array, Uint8Array]

type TypedArray = Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array

const isTypedArray = (value: unknown): value is TypedArray =>
  KINDS.some((kind) => value instanceof kind)

/** A longer array that begins with the same values; the others are 0. */
export function grown<T extends TypedArray>(from: T, length: number): T {
  const to = new (from.constructor as new (length: number) => T)(length)
  to.set(from)
  return to
}

/** Grows each typed array that is a public field of a table. */
export function growColumns(table: object, length: number): void {
  for (const [name, column] of Object.entries(table)) {
    if (isTypedArray(column)) Object.assign(table, { [name]: grown(column, length) })
  }
}
