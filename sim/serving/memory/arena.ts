import { type Bytes, buddyBytes, bytesOf, powerBelow } from '../../memory/index.ts'

/** The arena of buddies that a replica takes from its device together with its weights. */
export interface ArenaPlan {
  readonly bytes: number
  /** all that a batch holds together, each time when that is most */
  readonly together: readonly (readonly Bytes[])[]
}

/**
 * Bytes of the chunks that a batch holds at most at a time; Infinity where one of them is longer
 * than any of the arena. What halves that are apart waste besides is not in it.
 */
export function requestedOfArena(
  { bytes, together }: ArenaPlan,
  size: number,
  length: number,
): number {
  const longest = powerBelow(bytes)
  let most = 0
  for (const buffers of together) {
    let sum = 0
    for (const buffer of buffers) {
      const requested = bytesOf(buffer, size, length)
      if (requested <= 0) continue
      const chunk = buddyBytes(requested)
      if (chunk > longest) return Number.POSITIVE_INFINITY
      sum += chunk
    }
    most = Math.max(most, sum)
  }
  return most
}
