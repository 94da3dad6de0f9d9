const scratch = new Float32Array(1)
const bits = new Uint32Array(scratch.buffer)

/** The bits of the float16 nearest to a float32, ties to even; too large becomes infinite. */
export function halfBits(value: number): number {
  scratch[0] = value
  const x = bits[0]!
  const sign = (x >>> 16) & 0x8000
  const magnitude = x & 0x7fff_ffff
  if (magnitude > 0x7f80_0000) return sign | 0x7e00
  // 65520 and more round to more than 65504, the largest finite float16
  if (magnitude >= 0x477f_f000) return sign | 0x7c00
  if (magnitude < 0x3880_0000) {
    // subnormal: a multiple of 2^-24; adding 0.5, whose last bit is worth 2^-24, rounds to one
    scratch[0] = Math.abs(value) + 0.5
    return sign | (bits[0]! - 0x3f00_0000)
  }
  // changes the bias from 127 to 15 and rounds off the 13 bits that float16 lacks
  const rebiased = magnitude - 0x3800_0000
  return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13)
}

export function halvesOf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) halves[i] = halfBits(values[i]!)
  return halves
}
