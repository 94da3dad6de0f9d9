/** A .npy file with that header, not padded: readers must not rely on the alignment of data. */
export function npyBytes(header: string, data: Uint8Array, version = 1): Buffer {
  const size = Buffer.alloc(version === 1 ? 2 : 4)
  if (version === 1) size.writeUInt16LE(header.length)
  else size.writeUInt32LE(header.length)
  const magic = Buffer.from(`\x93NUMPY${String.fromCharCode(version, 0)}`, 'latin1')
  return Buffer.concat([magic, size, Buffer.from(header, 'latin1'), data])
}

/** Samples of float32 in that shape. */
export function floatSamples(shape: readonly number[], values: readonly number[]): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`
  return npyBytes(header, new Uint8Array(Float32Array.from(values).buffer))
}
