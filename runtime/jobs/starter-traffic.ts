import { significant } from '../../sim/kernel/index.ts'
import type { StarterInputs } from './starter-inputs.ts'

/** The traffic of a starter, which a replay on this machine can send and the model can serve. */
export interface StarterTraffic {
  readonly durationS: number
  /** of the objective */
  readonly limitMs: number
  /** lines of YAML */
  readonly arrivals: string
}

/** Share of the time that requests one at a time would take. */
const SHARE = 0.5
/** Enough for a p99 in 20 s, and far below what one dispatcher can send. */
const MOST_RPS = 600
/** Time between two chunks of a stream: 512 samples at 16,000 a second. */
const CHUNK_MS = 32
const [SHORT_S, LONG_S, REQUESTS] = [20, 60, 100]

/** `aloneMs`: of a request alone; null where that is not known: the rate is then a load. */
export function starterTraffic({
  length,
  stateful,
  aloneMs,
}: Pick<StarterInputs, 'length' | 'stateful'> & {
  readonly aloneMs: number | null
}): StarterTraffic {
  const rps = aloneMs === null ? null : Math.min(MOST_RPS, (SHARE * 1000) / aloneMs)
  if (stateful && length === 'chunk') return streams(rps ?? MOST_RPS / 6)
  const others = stateful ? 'clients, if each stream has a clock' : 'deterministic, gamma, trace'
  const process = `      process: poisson # choose: or ${others}`
  if (rps === null || aloneMs === null) {
    const rate = 'load: 0.6 # choose: the share of the capacity that calibration finds'
    const arrivals = `${process}\n      ${rate}; or rate_rps: 20`
    return { durationS: SHORT_S, limitMs: 200, arrivals }
  }
  const rate = rounded(rps, Math.floor)
  const taken = `a request alone took ${significant(aloneMs, 2)} ms here`
  return {
    durationS: Math.round(Math.min(LONG_S, Math.max(SHORT_S, REQUESTS / rate))),
    limitMs: Math.max(200, rounded(10 * aloneMs, Math.ceil)),
    arrivals: `${process}\n      rate_rps: ${rate} # choose: the rate of your traffic; ${taken}`,
  }
}

/** Streams that each send chunks on a clock of their own, whatever the answers. */
function streams(rps: number): StarterTraffic {
  const each = 1000 / CHUNK_MS
  const count = Math.max(1, Math.floor(rps / each))
  return {
    durationS: SHORT_S,
    limitMs: CHUNK_MS,
    arrivals: [
      '      process: clients # streams: a chunk every 32 ms from each, whatever the answers',
      `      clients: ${count} # choose: the streams at the same time`,
      `      rate_rps: ${count * each} # choose: of all streams; each sends ${each} chunks/s`,
      '      share_exponent: 0 # all streams alike',
      '      cv: { distribution: fixed, value: 0.05 } # of the gaps of a stream, nearly equal',
    ].join('\n'),
  }
}

/** To one significant digit. */
function rounded(value: number, by: (value: number) => number): number {
  const unit = 10 ** Math.floor(Math.log10(value))
  return Number((by(value / unit) * unit).toPrecision(1))
}
