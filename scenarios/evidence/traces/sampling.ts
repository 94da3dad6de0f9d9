import { EXIT, Failure } from '../../failure.ts'
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
    own
      .slice('ot='.length)
      .split(';')
      .map((field) => {
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

/** How many of the requests of a service are in its spans. */
export interface Sampling {
  /** share of the requests; null where it is not known */
  readonly share: number | null
  /** whether some are known to be missing */
  readonly isPart: boolean
  /** whether spans show the share */
  readonly isRecorded: boolean
  /** what limits the use of the spans, or none */
  readonly note: string | null
}

/**
 * What the shares of all requests together show; `stated`: the share that the user states, or null.
 * Throws `Failure` where that is another one.
 */
export function samplingOf(shares: readonly (number | null)[], stated: number | null): Sampling {
  const known = shares.flatMap((share) => (share !== null && share > 0 ? [share] : []))
  // each request stands for as many
  const factor = known.reduce((sum, share) => sum + 1 / share, 0) / known.length
  if (known.length === shares.length) return recorded(known, { factor, stated })
  if (stated !== null) return { ...statedSampling(stated), share: stated, isRecorded: false }
  const marked = shares.filter((share) => Number.isNaN(share)).length
  const why =
    factor > 1
      ? `${known.length} of ${shares.length} spans state a share below 1, and the others state none`
      : `${marked} of ${shares.length} spans have the mark of a sampler, and no share`
  if (factor > 1 || marked > 0) {
    const note = `traces are sampled: ${why}; ${BESIDE}; state the share with --sampled`
    return { share: null, isPart: true, isRecorded: true, note }
  }
  const note =
    'spans do not state whether they were sampled; if all requests were traced, say so with --sampled 1'
  return { share: null, isPart: false, isRecorded: true, note }
}

function statedSampling(share: number) {
  if (share === 1) return { isPart: false, note: `that all requests were traced is ${BY_OPTION}` }
  const note = `traces are sampled: that ${percentText(share)} of the requests are in the files is ${BY_OPTION}; ${BESIDE}`
  return { isPart: true, note }
}

const BY_OPTION = 'stated with --sampled, and not in all spans'

/** A share may be rounded by this much. */
const ROUNDING = 0.01

function recorded(
  shares: readonly number[],
  { factor, stated }: { factor: number; stated: number | null },
): Sampling {
  const share = 1 / factor
  if (stated !== null && Math.abs(stated / share - 1) > ROUNDING) {
    const text = `spans state a share of ${digits(share)}, got ${stated}; remove the option`
    throw new Failure(`--sampled: ${text}`, EXIT.usage)
  }
  if (!(factor > 1)) return { share: 1, isPart: false, isRecorded: true, note: null }
  const differs = shares.some((other) => Math.abs(other / shares[0]! - 1) > ROUNDING)
  const uneven = differs
    ? '; shares differ between requests, so lengths and times are mostly those with a high share'
    : ''
  const note = `traces are sampled: ${percentText(share)} of the requests are in the files; ${BESIDE}${uneven}`
  return { share, isPart: true, isRecorded: true, note }
}

const BESIDE = 'more requests ran beside each one than the files show'
const digits = (value: number) => Number(value.toPrecision(2))
const percentText = (share: number) => `${digits(100 * share)} %`
