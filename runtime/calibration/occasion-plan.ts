import type { Ms } from '../../sim/serving/index.ts'

/** Occasions on which models are measured by default, if there is time to open them so often. */
export const MOST_OCCASIONS = 4
/** Of the time at most so much is spent on opening models again. */
const AGAIN_SHARE = 0.15

/** Shares of the time for one model. Warm-up counts, and what it does not take the others get. */
export const SHARES = { warmUp: 0.15, script: 0.5, fields: 0.35 } as const

/** What the first occasion shows before anything is measured. */
export interface FirstOpening {
  /** the time of all models, ms */
  readonly givenMs: Ms
  /** to open and warm up all models once more, ms */
  readonly againMs: Ms
  /** one round of single batches of all models, ms */
  readonly roundMs: Ms
}

/** On how many occasions models are measured: each has a round of single batches at least. */
export function occasionsFor({ givenMs, againMs, roundMs }: FirstOpening): number {
  const opened = 1 + Math.floor((AGAIN_SHARE * givenMs) / againMs)
  const rounds = Math.floor((SHARES.script * givenMs) / roundMs)
  return Math.max(1, Math.min(MOST_OCCASIONS, opened, rounds))
}

/** Loads at which speed fields are recorded, each for an equal share of the time. */
const FIELD_LOADS = [0.35, 0.75, 0.5, 0.9]
/** Loads for the other number of replicas: they show how replicas share cores. */
const SHARED_LOADS = [0.15, 0.4]

/** One recording of traffic. */
export interface TrafficStep {
  readonly load: number
  /** whether it is played on the other number of replicas */
  readonly shared: boolean
}

/**
 * The traffic that an occasion, from 0, records. Loads are dealt out, so that recordings stay as
 * long as those of a single occasion. Only the first occasion opens the other number of replicas.
 */
export function trafficOf(occasion: number, occasions: number): TrafficStep[] {
  const dealt = FIELD_LOADS.filter((_, i) => i % occasions === occasion)
  const shared = occasion === 0 ? SHARED_LOADS : []
  return [
    ...dealt.map((load) => ({ load, shared: false })),
    ...shared.map((load) => ({ load, shared: true })),
  ]
}

/** The time that is left, as one occasion takes it: single batches first, then traffic, ms. */
export function timesOf(
  leftMs: Ms,
  { occasion, occasions, againMs }: { occasion: number; occasions: number; againMs: Ms },
): { readonly scriptMs: Ms; readonly trafficMs: Ms } {
  const later = Array.from({ length: occasions - occasion }, (_, i) => occasion + i)
  const steps = later.map((each) => trafficOf(each, occasions).length)
  const script = SHARES.script / occasions
  const step = SHARES.fields / (FIELD_LOADS.length + SHARED_LOADS.length)
  const wanted = later.length * script + steps.reduce((sum, count) => sum + count * step, 0)
  const usableMs = Math.max(0, leftMs - againMs * (later.length - 1))
  return {
    scriptMs: (usableMs * script) / wanted,
    trafficMs: (usableMs * steps[0]! * step) / wanted,
  }
}
