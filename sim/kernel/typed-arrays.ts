type TypedArray = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array

/** A longer array that begins with the same values; the others are 0. */
export function grown<T extends TypedArray>(from: T, length: number): T {
  const to = new (from.constructor as new (length: number) => T)(length)
  to.set(from)
  return to
}

/** Grows each typed array that is a public field of a table. */
export function growColumns(table: object, length: number): void {
  for (const [name, column] of Object.entries(table)) {
    if (ArrayBuffer.isView(column)) Object.assign(table, { [name]: grown(column as never, length) })
  }
}
