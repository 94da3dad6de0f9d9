/** How far an output is from that of another model for the same input. */
export interface OutputDifference {
  /** cosine similarity; 1 for outputs of the same direction, and for two of zeros */
  readonly cosine: number
  /** rows along the last axis, and those whose largest element is the same one */
  readonly rows: number
  readonly sameTop: number
}

/** An output tensor as numbers. */
export interface Output {
  readonly dims: readonly number[]
  readonly values: Float64Array
}

/** Compares outputs of the same shape; null where shapes differ. */
export function outputDifference(a: Output, b: Output): OutputDifference | null {
  if (a.dims.length !== b.dims.length || a.dims.some((size, i) => size !== b.dims[i])) return null
  const [dot, aa, bb] = [product(a, b), product(a, a), product(b, b)]
  const width = Math.max(1, a.dims.at(-1) ?? 1)
  const rows = a.values.length / width
  let sameTop = 0
  for (let row = 0; row < rows; row++) {
    const from = row * width
    if (topOf(a.values, from, width) === topOf(b.values, from, width)) sameTop++
  }
  const cosine = aa === 0 && bb === 0 ? 1 : dot / Math.sqrt(aa * bb)
  return { cosine, rows, sameTop }
}

function product(a: Output, b: Output): number {
  return a.values.reduce((sum, value, i) => sum + value * b.values[i]!, 0)
}

/** The first largest element of a row. */
function topOf(values: Float64Array, from: number, width: number): number {
  let top = 0
  for (let i = 1; i < width; i++) if (values[from + i]! > values[from + top]!) top = i
  return top
}

/** A float16 by its bits. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
