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
      /** length of the windows of which the worst counts, s; null for the whole run */
      readonly window_s: number | null
    }
  | { readonly kind: 'goodput'; readonly share: number }
  | { readonly kind: 'cost'; readonly limitUsd: number }

/** An objective on a percentile of a time. */
type TimedObjective = Extract<Objective, { readonly kind: TimedKind }>

export function isTimed(objective: Objective): objective is TimedObjective {
  return objective.kind !== 'goodput' && objective.kind !== 'cost'
}

const WINDOW = /(?:\s*,\s*worst\s+(\d+(?:\.\d+)?)(ms|s|m|h))?/
const TIMED = new RegExp(
  `^p\\((\\d+(?:\\.\\d+)?)${WINDOW.source}\\)\\s+(latency|ttft|tpot|call)_ms\\s*<\\s*(\\d+(?:\\.\\d+)?)$`,
)
const SECONDS = { ms: 0.001, s: 1, m: 60, h: 3600 } as const
const COST = /^cost_usd_per_million\s*<\s*(\d+(?:\.\d+)?)$/
const GOODPUT = /^goodput\s*>\s*(\d+(?:\.\d+)?)\s*%$/

/**
 * Parses `p(99) latency_ms < 250` (percentile in percent, limit in ms; or `ttft_ms`, `tpot_ms`,
 * `call_ms`), `p(99, worst 1m) latency_ms < 250` (the worst of all windows of a minute) or
 * `goodput > 99.5%`, or `cost_usd_per_million < 3` (of a million served requests, all classes
 * together). Returns null for any other text, and for a percentage outside (0, 100).
 */
export function parseObjective(text: string): Objective | null {
  const timed = TIMED.exec(text.trim())
  if (timed) {
    const percentile = Number(timed[1]) / 100
    const unit = timed[3] as keyof typeof SECONDS | undefined
    const window_s = unit === undefined ? null : Number(timed[2]) * SECONDS[unit]
    const kind = timed[4] as TimedKind
    const limitMs = Number(timed[5])
    const valid = percentile > 0 && percentile < 1 && limitMs > 0 && window_s !== 0
    return valid ? { kind, percentile, limitMs, window_s } : null
  }
  const cost = COST.exec(text.trim())
  if (cost) return Number(cost[1]) > 0 ? { kind: 'cost', limitUsd: Number(cost[1]) } : null
  const goodput = GOODPUT.exec(text.trim())
  if (!goodput) return null
  const share = Number(goodput[1]) / 100
  return share > 0 && share < 1 ? { kind: 'goodput', share } : null
}
