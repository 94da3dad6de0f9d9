import { hashedNormal } from '../../kernel/index.ts'

const PURPOSE = 0x9e3779b9

/**
 * A prediction of a request's length: lognormal about it with mean 1 and the given coefficient of
 * variation. Drawn from a hash of the request's key, so that both worlds predict alike.
 */
export function predictedLength(length: number, key: number, cv: number): number {
  if (cv === 0) return length
  const variance = Math.log(1 + cv * cv)
  return length * Math.exp(Math.sqrt(variance) * hashedNormal(key, PURPOSE) - variance / 2)
}
