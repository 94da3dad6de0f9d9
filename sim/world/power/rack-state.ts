import {
  advance,
  boundsOf,
  clockAt,
  msUntilTemperature,
  nextThrottle,
  type RackHeat,
  type RackTemperatures,
  steadyTemperatures,
  type Throttle,
  type ThrottleLevel,
  timeConstantMs,
} from '../../accelerator/index.ts'
import type { Ms } from '../../serving/index.ts'

/** One device of a rack. */
export interface RackDevice {
  readonly idleW: number
  /** of its largest batch, W */
  readonly mostW: number
  readonly throttle: Throttle
  /** temperature at which it goes on after a shutdown, °C; null where it has none */
  readonly restartC: number | null
}

/** What becomes of the devices of a rack. */
export interface RackListener {
  power(device: number, at: Ms, watts: number): void
  /** a device was too warm and stopped, or has cooled and may start */
  stopped(device: number, at: Ms, stopped: boolean): void
}

const NO_LISTENER: RackListener = Object.freeze({ power: () => {}, stopped: () => {} })

/** A change that is due before the next digit of the time may not be put off for ever. */
const ROUNDING_K = 1e-9

/** Closer to a shutdown than this, every change of a rack is watched, ms. */
const NEAR_MS = 100

interface DeviceState {
  level: ThrottleLevel
  /** power of its batch at the full clock, until the batch ends */
  busyW: number
  busyUntil: Ms
}

/**
 * A rack over time: its temperatures, and what each of its devices does. Between two changes all
 * powers are constant, so every temperature is exact. It begins as warm as idle devices are.
 *
 * At a lower clock a device takes its idle power and the clock's share of what a batch adds to it,
 * as dynamic power is in proportion to the clock at one voltage.
 */
export class RackState {
  readonly #rack: RackHeat
  readonly #devices: readonly RackDevice[]
  readonly #states: DeviceState[]
  readonly #listener: RackListener
  readonly #canStop: boolean
  /** no device can stop before, whatever the devices run */
  #safeUntil: Ms = 0
  #powersW: number[]
  #temperatures: RackTemperatures
  #at: Ms = 0

  constructor(rack: RackHeat, devices: readonly RackDevice[], listener: RackListener) {
    this.#rack = rack
    this.#devices = devices
    this.#listener = listener
    this.#canStop = devices.some(({ throttle }) => throttle.shutdownC !== null)
    this.#powersW = devices.map(({ idleW }) => idleW)
    this.#states = devices.map(({ idleW }) => ({
      level: 0,
      busyW: idleW,
      busyUntil: Number.POSITIVE_INFINITY,
    }))
    this.#temperatures = steadyTemperatures(rack, this.#powersW)
  }

  temperatureC(device: number): number {
    return this.#temperatures.deviceC[device]!
  }

  clock(device: number): number {
    return clockAt(this.#devices[device]!.throttle, this.#states[device]!.level)
  }

  /** The clock of work that begins now; one that has stopped at this instant loses it at once. */
  runningClock(device: number): number {
    const { throttle } = this.#devices[device]!
    return clockAt(throttle, Math.min(this.#states[device]!.level, throttle.steps.length))
  }

  /**
   * When the rack must be looked at next, so that no shutdown and no restart is seen late; Infinity
   * for never, if nothing begins. Far from a shutdown it is a lower bound: the earliest one if
   * every device ran its largest batch from now on.
   */
  lookAt(): Ms {
    if (!this.#canStop) return Number.POSITIVE_INFINITY
    if (this.#at >= this.#safeUntil) this.#safeUntil = this.#at + this.#soonestStop()
    const isNear = this.#safeUntil - this.#at < NEAR_MS
    const isWatched =
      isNear ||
      this.#states.some(({ level }, device) => this.#isStopped(device, level)) ||
      this.#states.every(({ busyW }, device) => busyW === this.#devices[device]!.idleW)
    return isWatched ? this.#nextChange(Number.POSITIVE_INFINITY).at : this.#safeUntil
  }

  /** Goes on to `at`, with every change on the way in its order. */
  to(at: Ms): void {
    for (;;) {
      const next = this.#nextChange(at)
      if (next.at > at) break
      this.#goOn(next.at)
      const state = this.#states[next.device]!
      const wasStopped = this.#isStopped(next.device, state.level)
      if (next.level !== null) state.level = next.level
      const isStopped = this.#isStopped(next.device, state.level)
      if (next.level === null || isStopped) this.#rest(next.device)
      this.#setPower(next.device)
      if (wasStopped !== isStopped) this.#listener.stopped(next.device, this.#at, isStopped)
    }
    this.#goOn(at)
  }

  /** From now on a device runs a batch that takes `work` ms at the full clock; returns its end. */
  run(device: number, watts: number, work: Ms): Ms {
    this.occupy(device, watts)
    const end = this.#endOf(device, work)
    this.endsAt(device, end)
    return end
  }

  /** From now on a device is busy; `endsAt` states until when. */
  occupy(device: number, watts: number): void {
    const state = this.#states[device]!
    state.busyW = watts
    state.busyUntil = Number.POSITIVE_INFINITY
    this.#setPower(device)
  }

  endsAt(device: number, at: Ms): void {
    this.#states[device]!.busyUntil = at
  }

  /** What a device runs is lost now. */
  lose(device: number): void {
    this.#rest(device)
    this.#setPower(device)
  }

  /** When the clock of a device changes next, if nothing else does. */
  changesAt(device: number): Ms {
    return this.#clockChange(device).at
  }

  /** The end of a batch, if what other devices do now does not change until then. */
  #endOf(device: number, work: Ms): Ms {
    let rack: RackState = this
    let left = work
    for (;;) {
      const clock = rack.runningClock(device)
      const end = rack.#at + left / clock
      if (rack.#isSteady(device, end)) return end
      const change = rack.#clockChange(device)
      // a batch that a shutdown ends has no end of its own
      if (end <= change.at || rack.#isStopped(device, change.level)) return end
      left -= (change.at - rack.#at) * clock
      // the clock of a long batch may change ten thousand times
      if (rack === this) rack = this.#copy()
      rack.to(change.at)
    }
  }

  #isStopped(device: number, level: ThrottleLevel): boolean {
    return level > this.#devices[device]!.throttle.steps.length
  }

  #rest(device: number): void {
    const state = this.#states[device]!
    state.busyW = this.#devices[device]!.idleW
    state.busyUntil = Number.POSITIVE_INFINITY
  }

  /** Time until the first device would stop if all of them ran their largest batches, ms. */
  #soonestStop(): Ms {
    const largestW = this.#devices.map(({ mostW }) => mostW)
    const times = this.#devices.map(({ throttle: { shutdownC } }, device) => {
      if (shutdownC === null) return Number.POSITIVE_INFINITY
      const limit = { device, side: 'at least', limitC: shutdownC.value } as const
      return msUntilTemperature(this.#rack, this.#temperatures, largestW, limit)
    })
    return Math.min(...times)
  }

  #copy(): RackState {
    const copy = new RackState(this.#rack, this.#devices, NO_LISTENER)
    copy.#at = this.#at
    copy.#temperatures = this.#temperatures
    copy.#powersW = [...this.#powersW]
    for (const [i, state] of this.#states.entries()) Object.assign(copy.#states[i]!, state)
    return copy
  }

  #setPower(device: number): void {
    const { idleW } = this.#devices[device]!
    const watts = idleW + this.clock(device) * (this.#states[device]!.busyW - idleW)
    this.#powersW[device] = watts
    this.#listener.power(device, this.#at, watts)
  }

  #clockChange(device: number): { readonly at: Ms; readonly level: ThrottleLevel } {
    const { throttle, restartC } = this.#devices[device]!
    const { level } = this.#states[device]!
    if (level > throttle.steps.length && restartC !== null) {
      const limit = { device, side: 'at most', limitC: restartC } as const
      const inMs = msUntilTemperature(this.#rack, this.#temperatures, this.#powersW, limit)
      return { at: this.#at + inMs, level: 0 }
    }
    const now = { powersW: this.#powersW, device, level }
    const next = nextThrottle(throttle, this.#rack, this.#temperatures, now)
    return { at: this.#at + next.inMs, level: next.level }
  }

  /**
   * Whether the clock of a device certainly stays until then. Its temperature moves towards that of
   * its air plus what its power adds, by at most this difference times time over time constant. The
   * exact time of a change costs a hundred times as much, and most batches are far from one.
   */
  #isSteady(device: number, until: Ms): boolean {
    const { throttle, restartC } = this.#devices[device]!
    const { level } = this.#states[device]!
    const { upC, downC } = boundsOf(throttle, level)
    const low = level > throttle.steps.length ? restartC : downC
    const { inletC, deviceC } = this.#temperatures
    const now = deviceC[device]!
    const { resistanceKPerW } = this.#rack.devices[device]!
    const added = resistanceKPerW.value * this.#powersW[device]!
    const lastC = this.#lastInletC()
    const share = Math.min(1, (until - this.#at) / timeConstantMs(this.#rack.devices[device]!))
    const rise = share * Math.max(0, Math.max(inletC, lastC) + added - now)
    const fall = share * Math.max(0, now - Math.min(inletC, lastC) - added)
    const isBelow = upC === null || now + rise < upC - ROUNDING_K
    return isBelow && (low === null || now - fall > low + ROUNDING_K)
  }

  /** The inlet air at last, if all powers stay as they are. */
  #lastInletC(): number {
    const { supplyC, recirculationKPerW } = this.#rack
    if (recirculationKPerW.value === 0) return supplyC.value
    return supplyC.value + recirculationKPerW.value * this.#powersW.reduce((a, b) => a + b, 0)
  }

  /** The first change until then of any device; without a level it is the end of its batch. */
  #nextChange(until: Ms) {
    let first: { at: Ms; device: number; level: ThrottleLevel | null } = {
      at: Number.POSITIVE_INFINITY,
      device: -1,
      level: null,
    }
    for (const [device, { busyUntil }] of this.#states.entries()) {
      if (busyUntil < first.at) first = { at: busyUntil, device, level: null }
      if (this.#isSteady(device, until)) continue
      const change = this.#clockChange(device)
      if (change.at < first.at) first = { ...change, device }
    }
    return first
  }

  #goOn(at: Ms): void {
    if (at <= this.#at) return
    this.#temperatures = advance(this.#rack, this.#temperatures, this.#powersW, at - this.#at)
    this.#at = at
  }
}
