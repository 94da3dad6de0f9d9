/** One service level objective of a class, parsed from its text. */
export type Objective =
  | { readonly kind: 'latency'; readonly percentile: number; readonly limitMs: number }
  | { readonly kind: 'goodput'; readonly share: number }

const LATENCY = /^p\((\d+(?:\.\d+)?)\)\s+latency_ms\s*<\s*(\d+(?:\.\d+)?)$/
const GOODPUT = /^goodput\s*>\s*(\d+(?:\.\d+)?)\s*%$/

/**
 * Parses `p(99) latency_ms < 250` (percentile in percent, limit in ms) or `goodput > 99.5%`.
 * Returns null where the text is neither, or a percentage lies outside (0, 100).
 */
export function parseObjective(text: string): Objective | null {
  const latency = LATENCY.exec(text.trim())
  if (latency) {
    const percentile = Number(latency[1]) / 100
    const limitMs = Number(latency[2])
    return percentile > 0 && percentile < 1 && limitMs > 0
      ? { kind: 'latency', percentile, limitMs }
      : null
  }
  const goodput = GOODPUT.exec(text.trim())
  if (!goodput) return null
  const share = Number(goodput[1]) / 100
  return share > 0 && share < 1 ? { kind: 'goodput', share } : null
}
