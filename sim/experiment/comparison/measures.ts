import { hasTokens, type Ms, type ServingPlan } from '../../serving/index.ts'
import { type RowColumns, tokenTimes } from '../../stats/index.ts'
import type { RequestList } from '../../traffic/index.ts'

/** An error within the larger of these two passes. */
export interface Tolerance {
  /** of the measured time */
  readonly relative: number
  readonly absolute_ms: Ms
}

export type TokenTime = 'ttft' | 'tpot'

/** A time of requests that a comparison judges. */
export interface Measure {
  readonly key: 'latency' | TokenTime
  /** in texts */
  readonly title: string
  /** of a served request by its key, ms; NaN where it has no such time */
  readonly timesIn: (columns: RowColumns) => (key: number) => Ms
  readonly structure: Tolerance
  readonly prediction: Tolerance
}

/** From the scheduled arrival to the completion. */
export const LATENCY: Measure = Object.freeze({
  key: 'latency',
  title: 'latency',
  timesIn:
    ({ at, done }: RowColumns) =>
    (key: number) =>
      done[key]! - at[key]!,
  structure: { relative: 0.01, absolute_ms: 0.03 },
  prediction: { relative: 0.05, absolute_ms: 0.05 },
})

/** How far structure may be off where tokens are generated. */
const OF_STEPS: Tolerance = { ...LATENCY.structure, relative: 0.02 }

/** What times of tokens depend on. */
export interface MeasuredSystem {
  readonly plan: ServingPlan
  readonly requests: RequestList
  /** by class; by default none is delayed */
  readonly firstTokenDelaysMs?: readonly Ms[] | undefined
}

/** The times that are judged: TTFT only where tokens are generated, TPOT where they are several. */
export function measuresOf(system: MeasuredSystem): readonly [Measure, ...Measure[]] {
  if (!system.plan.pools.some(hasTokens)) return [LATENCY]
  const { firstTokenDelaysMs, requests } = system
  const ttft: Measure = {
    key: 'ttft',
    title: 'TTFT',
    timesIn: (columns) => {
      const of = { requests: columns, firstTokenDelaysMs }
      return (key) => tokenTimes.ttft(of, key, columns.done[key]!, columns.done[key]!)
    },
    structure: OF_STEPS,
    prediction: { ...LATENCY.prediction, relative: 0.1 },
  }
  const tpot: Measure = {
    key: 'tpot',
    title: 'TPOT',
    timesIn: (columns) => {
      const of = { requests: columns, firstTokenDelaysMs }
      return (key) => tokenTimes.tpot(of, key, columns.done[key]!)
    },
    structure: OF_STEPS,
    prediction: LATENCY.prediction,
  }
  const several = requests.columns.outputTokens.some((tokens) => tokens > 1)
  return [{ ...LATENCY, structure: OF_STEPS }, ttft, ...(several ? [tpot] : [])]
}

/** Delays of first tokens, by class. */
export const firstTokenDelays = (
  traffic: readonly { readonly first_token_delay_ms?: number | undefined }[],
): readonly Ms[] => traffic.map(({ first_token_delay_ms: ms = 0 }) => ms)

/** PERCENTILES of a simulated run, ms. */
export interface RunPercentiles {
  /** of the latency of all requests */
  readonly all: readonly number[]
  /** null or absent where no tokens are generated */
  readonly tokens?: TokenPercentiles | null
}

/** Of TTFT and of TPOT; NaN where no request has one. */
export type TokenPercentiles = Readonly<Partial<Record<TokenTime, readonly number[]>>>

/** PERCENTILES of a measure. */
export function percentilesBy({ all, tokens }: RunPercentiles, measure: Measure) {
  if (measure.key === 'latency') return all
  const found = tokens?.[measure.key]
  if (found === undefined) throw new Error(`Expected ${measure.title} of a simulated run`)
  return found
}

/** "max(2 %, 30 µs)" */
export const limitText = ({ relative, absolute_ms }: Tolerance): string =>
  `max(${100 * relative} %, ${1000 * absolute_ms} µs)`

/** The tolerance of a time, ms. */
export const toleranceAt = ({ relative, absolute_ms }: Tolerance, measured: Ms): Ms =>
  Math.max(relative * measured, absolute_ms)
