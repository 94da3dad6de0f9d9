import { cos, log } from './elementary.ts'

/**
 * A draw in (0, 1) that depends on a number and a purpose only, not on earlier draws. By the
 * finaliser of MurmurHash3 (Appleby 2011).
 */
export function hashedUniform(key: number, purpose: number): number {
  let x = (key + Math.imul(purpose, 0x632be5ab)) | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (((x ^ (x >>> 16)) >>> 0) + 0.5) / 2 ** 32
}

/** A standard normal (Box and Muller 1958) that depends on a number and a purpose only. */
export function hashedNormal(key: number, purpose: number): number {
  const radius = Math.sqrt(-2 * log(hashedUniform(key, purpose)))
  return radius * cos(2 * Math.PI * hashedUniform(key, purpose + 1))
}
