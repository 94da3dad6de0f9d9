/**
 * latency: of a request. ttft: to its first token. tpot: mean time of each further token. call:
 * over all parts and attempts of a call.
 */
export type TimedKind = 'latency' | 'ttft' | 'tpot' | 'call'

/** One service level objective of a class, parsed from its text. */
export type Objective =
  | {
      readonly kind: TimedKind
      readonly percentile: number
      readonly limitMs: number
    }
  | { readonly kind: 'goodput'; readonly share: number }

const TIMED = /^p\((\d+(?:\.\d+)?)\)\s+(latency|ttft|tpot|call)_ms\s*<\s*(\d+(?:\.\d+)?)$/
const GOODPUT = /^goodput\s*>\s*(\d+(?:\.\d+)?)\s*%$/

/**
 * Parses `p(99) latency_ms < 250` (percentile in percent, limit in ms; or `ttft_ms`, `tpot_ms`,
 * `call_ms`) or `goodput > 99.5%`. Returns null for any other text, and for a percentage outside
 * (0, 100).
 */
export function parseObjective(text: string): Objective | null {
  const timed = TIMED.exec(text.trim())
  if (timed) {
    const percentile = Number(timed[1]) / 100
    const kind = timed[2] as TimedKind
    const limitMs = Number(timed[3])
    return percentile > 0 && percentile < 1 && limitMs > 0 ? { kind, percentile, limitMs } : null
  }
  const goodput = GOODPUT.exec(text.trim())
  if (!goodput) return null
  const share = Number(goodput[1]) / 100
  return share > 0 && share < 1 ? { kind: 'goodput', share } : null
}
