/**
 * A prediction of a request's length: lognormal about it with mean 1 and the given coefficient of
 * variation. Drawn from a hash of the request's key, so that both worlds predict alike.
 */
export function predictedLength(length: number, key: number, cv: number): number {
  if (cv === 0) return length
  const variance = Math.log(1 + cv * cv)
  return length * Math.exp(Math.sqrt(variance) * hashedNormal(key) - variance / 2)
}

/** A standard normal (Box and Muller 1958) that belongs to a key. */
function hashedNormal(key: number): number {
  const radius = Math.sqrt(-2 * Math.log(hashedUniform(key, 0x9e3779b9)))
  return radius * Math.cos(2 * Math.PI * hashedUniform(key, 0x85ebca6b))
}

/** In (0, 1): the finaliser of MurmurHash3 (Appleby 2011) on a key and a salt. */
function hashedUniform(key: number, salt: number): number {
  let x = (key + Math.imul(salt, 0x632be5ab)) | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (((x ^ (x >>> 16)) >>> 0) + 0.5) / 2 ** 32
}
