import type { Span } from './span.ts'

/**
 * The share of traces that a sampler has kept, as a span states it; NaN where it has the mark of a
 * sampler without its share, null where it has none.
 */
export function sampledShare(span: Span): number | null {
  return stateShare(span.traceState) ?? jaegerShare(span) ?? (isMarked(span) ? Number.NaN : null)
}

/** The W3C limits a list of states to 512 characters. */
const MOST_STATE = 512
const DIGITS = 14
const ALL = 16 ** DIGITS

/**
 * Of `ot=th:c` in a tracestate: traces whose random 56 bits are below the threshold are dropped
 * (specification/trace/tracestate-handling.md of OpenTelemetry). Before that `ot=p:2` was 1 in 2^2
 * (tracestate-probability-sampling.md), where 63 is a share of 0.
 */
function stateShare(state: string): number | null {
  const entries = state.slice(0, MOST_STATE).split(',')
  const own = entries.map((entry) => entry.trim()).find((entry) => entry.startsWith('ot='))
  if (own === undefined) return null
  const fields = new Map(
    own.slice('ot='.length).split(';').map((field) => {
      const colon = field.indexOf(':')
      return [field.slice(0, colon), field.slice(colon + 1)] as const
    }),
  )
  const threshold = fields.get('th') ?? ''
  if (/^[\da-f]{1,14}$/i.test(threshold)) {
    // a double would round the highest thresholds to a share of 0
    const dropped = BigInt(`0x${threshold.padEnd(DIGITS, '0')}`)
    return Number(BigInt(ALL) - dropped) / ALL
  }
  const power = fields.get('p') ?? ''
  return /^\d{1,2}$/.test(power) && Number(power) < 63 ? 2 ** -Number(power) : null
}

/** Tags of the clients of Jaeger, which stand at the first span of a process. */
function jaegerShare(span: Span): number | null {
  const share = Number(span.attribute('sampler.param').value)
  const isShare = span.text('sampler.type') === 'probabilistic' && share > 0 && share <= 1
  return isShare ? share : null
}

/**
 * `sampling.priority` of OpenTracing, `sampling.*` of processors of the collector, and
 * `tailsampling.policy`, which its tail sampling processor writes to scopes.
 */
const isMarked = (span: Span) =>
  span.hasPrefix('sampling.') || span.hasPrefix('tailsampling.') || span.has('sampler.type')

/** What shares of all requests together show: a note that limits their use, or none. */
export function samplingNote(shares: readonly (number | null)[]): string | null {
  const stated = shares.flatMap((share) => (share !== null && share > 0 ? [share] : []))
  const marked = shares.filter((share) => Number.isNaN(share)).length
  const isPart = stated.length > 0 && stated.length < shares.length
  const inAll = isPart ? ` (${stated.length} of ${shares.length} state it)` : ''
  // each span stands for as many
  const factor = stated.reduce((sum, share) => sum + 1 / share, 0) / stated.length
  if (factor > 1) {
    const percent = Number((100 / factor).toPrecision(2))
    const times = Number(factor.toPrecision(2))
    return `traces are sampled: ${percent} % of the requests are in the files${inAll}, so rates are ${times} times too low; ${BESIDE}`
  }
  if (marked > 0) {
    return `traces are sampled: ${marked} of ${shares.length} spans have the mark of a sampler, and no share, so rates are too low; ${BESIDE}`
  }
  if (stated.length === shares.length) return null
  return `spans do not state whether they were sampled${inAll}: if they were, rates are too low, and ${BESIDE}`
}

const BESIDE = 'more requests ran beside each one than the files show'
