import { type BatchPoint, readCurve } from './batch-curve.ts'
import type { Constant, Origin } from './constant.ts'

export type BusyPhase = 'prefill' | 'decode'

/** What a device does during a step. */
export type Activity =
  | { readonly phase: 'idle' }
  | {
      readonly phase: BusyPhase
      /** sequences in the step */
      readonly batch: number
      /** used shares of peak arithmetic and of memory bandwidth; without them, the whole */
      readonly computeShare?: number
      readonly bandwidthShare?: number
    }

export interface PowerModel {
  readonly idleW: Constant
  /** the highest power limit of the device */
  readonly limitW: Constant
  /** measured power (W) by batch; a phase without points uses the fallback */
  readonly measured: Readonly<Partial<Record<BusyPhase, readonly BatchPoint[]>>>
}

export interface PowerReading {
  readonly watts: number
  readonly origin: Origin
  /** whether the batch is outside the measured ones */
  readonly extrapolated: boolean
}

/**
 * Power of a device during a step. Between measured points it is a line over the logarithm of the
 * batch; outside them it is the power of the nearest point. A phase without points has the
 * fallback of `powerByUse`.
 */
export function powerOf(model: PowerModel, activity: Activity): PowerReading {
  const { idleW, measured } = model
  if (activity.phase === 'idle') {
    return { watts: idleW.value, origin: idleW.origin, extrapolated: false }
  }
  const points = measured[activity.phase] ?? []
  if (points.length === 0) return powerByUse(model, activity)
  const curve = { points, over: 'log batch', outside: 'nearest' } as const
  const { value, extrapolated } = readCurve(curve, activity.batch)
  return { watts: value, origin: 'measured', extrapolated }
}

/**
 * Idle power, and of the rest up to the limit the used share of arithmetic plus that of bandwidth,
 * at most the whole. Fan, Weber and Barroso (ISCA 2007) found power linear in the use of the
 * processor of a server. For accelerators it is uncalibrated.
 */
export function powerByUse(
  { idleW, limitW }: Pick<PowerModel, 'idleW' | 'limitW'>,
  use: { readonly computeShare?: number; readonly bandwidthShare?: number },
): PowerReading {
  const { computeShare = 1, bandwidthShare = 1 } = use
  const share = Math.min(1, computeShare + bandwidthShare)
  const watts = idleW.value + share * (limitW.value - idleW.value)
  return { watts, origin: 'uncalibrated', extrapolated: false }
}

/** A step of a device: its power, duration, and the sequences that share it. */
export interface PoweredStep {
  readonly watts: number
  readonly ms: number
  readonly sequences: number
}

/** Energy of a step, J. */
export function stepEnergyJ({ watts, ms }: Pick<PoweredStep, 'watts' | 'ms'>): number {
  return (watts * ms) / 1000
}

/** Energy of a request, J: an equal share of each of its steps. */
export function requestEnergyJ(steps: readonly PoweredStep[]): number {
  return steps.reduce((sum, step) => sum + stepEnergyJ(step) / step.sequences, 0)
}

/** Energy of a token, J. */
export function tokenEnergyJ(watts: number, tokensPerS: number): number {
  return watts / tokensPerS
}
