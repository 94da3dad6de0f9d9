import { INCLUDED, SOURCES } from '../../scenarios/schema/uncertain.ts'
import { stream } from '../../sim/kernel/index.ts'
import type { CalibratedMachine } from './calibrated-machine.ts'
import { driftingQueue, idleQueue, md1, mm1, type Sojourns } from './sojourns.ts'

/** Machines of known truth, and what planners know of them. */

export const SERVICE = 'models.m.work.mean_ms'
export const SPEED = 'speed of m'
export const RATE = 'traffic.web.arrivals.rate_rps'
export const PRICE = 'pools.a.price_usd_per_hour'
/** No key of a scenario: a profile has it. */
export const IDLE = 'idle cost of m'

/** What planners leave out, as the table has it. */
export const NAMES: Readonly<Record<string, string>> = {
  [SERVICE]: 'service time',
  [SPEED]: 'speed',
  [RATE]: 'rate',
  [PRICE]: 'price',
  [IDLE]: 'idle cost',
  [SOURCES]: 'the profile',
}

/** A width as a scenario has it, or the ends of a range as multiples of the stated value. */
export type StatedWidth = string | readonly [low: number, high: number]

export interface KnownMachine {
  readonly name: string
  /** loads of the planners at what they state, from and to */
  readonly loads: readonly [number, number]
  /** what is not known, by its name */
  readonly widths: Readonly<Record<string, StatedWidth>>
  /** what a planner leaves out in negative controls, each alone */
  readonly leftOut: readonly string[]
  /** absent: its times are declared, and its service is exponential */
  readonly calibrated?: CalibratedMachine
}

/** Times of several occasions, and a little of rate and price. */
const OF_PROFILE = { [SOURCES]: INCLUDED, [RATE]: '± 5 %', [PRICE]: '± 5 %' } as const
const OCCASIONS = 4

/** Drift within an occasion; what lasts longer differs between occasions. */
const FAST = [
  { ms: 1000, deviation: 0.03 },
  { ms: 5000, deviation: 0.03 },
] as const
/** That of drifts of 0.05 and 0.07 that last longer than an occasion. */
const SLOW = Math.hypot(0.05, 0.07)

export const MACHINES: readonly KnownMachine[] = [
  {
    name: 'stationary, exact profile, rate ± 10 %',
    // below a load of 0.5 half of the requests do not wait, so p50 is known exactly
    loads: [0.62, 0.72],
    widths: { ...OF_PROFILE, [RATE]: '± 10 %' },
    leftOut: [RATE],
    calibrated: { occasions: OCCASIONS, scatter: 0 },
  },
  {
    name: 'stationary, profile off by 5 %',
    loads: [0.3, 0.6],
    widths: OF_PROFILE,
    leftOut: [SOURCES],
    calibrated: { occasions: OCCASIONS, scatter: 0.05 },
  },
  {
    name: 'stationary, profile off by 15 %',
    // few days are so slow that the machine is overloaded
    loads: [0.15, 0.3],
    widths: OF_PROFILE,
    leftOut: [SOURCES],
    calibrated: { occasions: OCCASIONS, scatter: 0.15 },
  },
  {
    name: 'drifting',
    loads: [0.25, 0.45],
    widths: OF_PROFILE,
    leftOut: [SOURCES],
    calibrated: { occasions: OCCASIONS, scatter: SLOW, drift: FAST },
  },
  {
    name: 'idle cost of 6 ms, off by 30 %',
    loads: [0.2, 0.45],
    widths: OF_PROFILE,
    leftOut: [IDLE, SOURCES],
    calibrated: { occasions: OCCASIONS, scatter: 0.03, idle: { ms: 6, scatter: 0.3 } },
  },
  {
    name: 'declared service ± 15 %, rate ± 10 %, price ± 20 %',
    loads: [0.3, 0.6],
    widths: { [SERVICE]: '± 15 %', [RATE]: '± 10 %', [PRICE]: '± 20 %' },
    leftOut: [SERVICE, PRICE],
  },
  {
    name: 'declared speed ± 5 %, rate ± 5 %, price ± 5 %',
    loads: [0.3, 0.6],
    widths: { [SPEED]: '± 5 %', [RATE]: '± 5 %', [PRICE]: '± 5 %' },
    leftOut: [SPEED],
  },
  {
    name: 'declared service 0.8 to 1.2 times, rate 0.9 to 1.1 times',
    loads: [0.3, 0.6],
    widths: { [SERVICE]: [0.8, 1.2], [RATE]: [0.9, 1.1] },
    leftOut: [SERVICE],
  },
]

/** The machine with an idle cost alone, for a smoke run. */
export const SMALL: readonly KnownMachine[] = MACHINES.filter(
  ({ calibrated }) => calibrated?.idle !== undefined,
).map((machine) => ({ ...machine, leftOut: [] }))

/** What is true of a machine on each day. `requests`: of each simulated entry of its table. */
export function sojournsOn({ calibrated }: KnownMachine, requests: number): Sojourns {
  if (calibrated === undefined) return mm1
  const { drift, idle } = calibrated
  const random = stream(1, 0, 'known machine')
  if (drift !== undefined) return driftingQueue(drift, requests, random)
  return idle === undefined ? md1() : idleQueue(requests, random)
}
