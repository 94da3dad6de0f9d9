/** The length that a request alone in its batch is padded to. */
export function paddedLength(tokens: number, padTo: number): number {
  return Math.ceil(tokens / padTo) * padTo
}
