import type { ExecutorPhase, Ms, Observer } from '../../serving/index.ts'
import { LEVEL_INTERVALS, LevelMeter } from '../../stats/index.ts'
import {
  FULL_PACE,
  type HeatStop,
  type HeatWatch,
  idealSpeed,
  type Speed,
  type StepPace,
  type StepSpeed,
} from '../machine/speed.ts'
import type { PoweredExecutor, PowerPlan } from './powered-executor.ts'
import { RackState } from './rack-state.ts'

/** A batch size at which every power curve has its largest value. */
const LARGEST = 1e9

/** Far above the rounding of a time of change, and far below the time of a batch. */
const ROUNDING_MS = 1e-4

/** Temperature and clock at the end of each interval. */
export interface HeatSeries {
  /** of the warmest accelerator, °C */
  readonly warmestC: Float64Array
  /** of the slowest accelerator, share of the full clock */
  readonly slowest: Float64Array
}

/**
 * The speed of executors as power limits and heat leave it, and the energy that they take. Work is
 * in ms at the full clock. Executors without power have the speed of another machine.
 */
export class DevicePower implements Speed, StepSpeed, HeatWatch, Observer {
  readonly #executors: readonly (PoweredExecutor | null)[]
  readonly #racks: readonly RackState[]
  readonly #meter: LevelMeter
  readonly #width: Ms
  /** of executors without power */
  readonly #unpowered: Speed
  #edge = 0
  /** of each rack, when it must be looked at next */
  readonly #looks: Float64Array
  readonly #stops: HeatStop[] = []
  readonly #startingNow = new Set<number>()
  /** of the last batch of each executor without a temperature */
  readonly #batchW: Float64Array
  /** what each pool takes all the time */
  readonly #warmW: readonly number[]
  readonly #times: { readonly warmupMs: Ms; readonly durationMs: Ms }
  /** wakes the world, which calls `look` then */
  #wake: (at: Ms) => void = () => {}
  /** by pool; intervals that have ended */
  readonly heat: readonly HeatSeries[]

  constructor(
    { executors, racks, pools, warmW }: PowerPlan,
    times: { readonly warmupMs: Ms; readonly durationMs: Ms },
    unpowered: Speed = idealSpeed,
  ) {
    this.#unpowered = unpowered
    this.#executors = executors
    this.#width = times.durationMs / LEVEL_INTERVALS
    this.#batchW = new Float64Array(executors.length)
    this.#warmW = warmW
    this.#times = times
    this.#meter = new LevelMeter({
      ...times,
      levels: executors.map((powered) => (powered === null ? 0 : powered.cards * powered.idleW)),
      pools: executors.map((powered) => powered?.pool ?? 0),
    })
    this.#racks = racks.map((rack, r) => {
      const inside = executors.flatMap((powered, executor) =>
        powered?.heat?.rack === r ? [{ executor, powered, heat: powered.heat }] : [],
      )
      const sorted = inside.sort((a, b) => a.heat.device - b.heat.device)
      const devices = sorted.map(({ powered, heat }) => ({
        idleW: powered.idleW,
        mostW: powered.batchW(LARGEST),
        throttle: heat.throttle,
        restartC: heat.restartC,
      }))
      return new RackState(rack, devices, {
        power: (device, at, watts) => {
          const { executor, powered } = sorted[device]!
          this.#meter.set(executor, at, powered.cards * watts)
        },
        stopped: (device, at, stopped) => {
          this.#stops.push({ executor: sorted[device]!.executor, stopped })
          this.#wake(at)
        },
      })
    })
    this.#looks = new Float64Array(racks.length).fill(Number.POSITIVE_INFINITY)
    this.heat = Array.from({ length: pools }, () => ({
      warmestC: new Float64Array(LEVEL_INTERVALS).fill(Number.NaN),
      slowest: new Float64Array(LEVEL_INTERVALS).fill(Number.NaN),
    }))
  }

  watch(wake: (at: Ms) => void): void {
    this.#wake = wake
  }

  look(now: Ms): readonly HeatStop[] {
    for (const [rack, at] of this.#looks.entries()) {
      if (at > now) continue
      this.#to(now)
      // a change that rounding leaves a digit ahead is found at the next look
      this.#lookLater(rack, now + ROUNDING_MS)
    }
    return this.#stops.splice(0)
  }

  #lookLater(rack: number, from: Ms = 0): void {
    const at = Math.max(from, this.#racks[rack]!.lookAt())
    if (at === this.#looks[rack]) return
    this.#looks[rack] = at
    if (at < Number.POSITIVE_INFINITY) this.#wake(at)
  }

  /** A replica of a scaled pool takes power from when it is asked for until it is given back. */
  executor(now: Ms, executor: number, phase: ExecutorPhase): void {
    const powered = this.#executors[executor]
    if (!powered || powered.heat !== null) return
    const isStarting = phase === 'starting'
    if (phase === 'stopped') this.#meter.change(executor, now, 0)
    else if (isStarting) this.#meter.change(executor, now, powered.cards * powered.startW)
    else if (phase === 'up' && this.#startingNow.has(executor)) {
      this.#meter.change(executor, now, powered.cards * powered.idleW)
    } else return
    if (isStarting) this.#startingNow.add(executor)
    else this.#startingNow.delete(executor)
  }

  begin(executor: number, at: Ms, gap: Ms): Ms {
    return this.#executors[executor] ? at : this.#unpowered.begin(executor, at, gap)
  }

  finish(executor: number, start: Ms, work: Ms, size = 1): Ms {
    const powered = this.#executors[executor]
    if (!powered) return this.#unpowered.finish(executor, start, work)
    const slowed = work * powered.slowdown(size)
    const watts = powered.batchW(size)
    if (powered.heat === null) {
      this.#batchW[executor] = watts
      this.#meter.set(executor, start, powered.cards * watts)
      this.#meter.set(executor, start + slowed, powered.cards * powered.idleW)
      return start + slowed
    }
    this.#to(start)
    const end = this.#racks[powered.heat.rack]!.run(powered.heat.device, watts, slowed)
    this.#lookLater(powered.heat.rack)
    return end
  }

  pace(executor: number, at: Ms, size: number): StepPace {
    const powered = this.#executors[executor]
    if (!powered) return FULL_PACE
    const slowdown = powered.slowdown(size)
    if (powered.heat === null) return { ...FULL_PACE, stretch: slowdown }
    this.#to(at)
    const rack = this.#racks[powered.heat.rack]!
    const { device } = powered.heat
    rack.occupy(device, powered.batchW(size))
    this.#lookLater(powered.heat.rack)
    return {
      stretch: slowdown / rack.runningClock(device),
      delayMs: 0,
      changesAt: rack.changesAt(device),
    }
  }

  lost(executor: number, at: Ms): void {
    const powered = this.#executors[executor]
    if (!powered) return
    if (powered.heat === null) {
      this.#meter.shorten(executor, at, powered.cards * this.#batchW[executor]!)
      return
    }
    this.#to(at)
    this.#racks[powered.heat.rack]!.lose(powered.heat.device)
    this.#lookLater(powered.heat.rack)
  }

  ran(executor: number, from: Ms, to: Ms, size: number): void {
    const powered = this.#executors[executor]
    if (!powered) return
    if (powered.heat !== null) {
      this.#racks[powered.heat.rack]!.endsAt(powered.heat.device, to)
      return
    }
    this.#meter.set(executor, from, powered.cards * powered.batchW(size))
    this.#meter.set(executor, to, powered.cards * powered.idleW)
  }

  /** From now on an executor has a share of the time of its card; 0 where it has no work. */
  slice(executor: number, at: Ms, size: number, share: number): void {
    const powered = this.#executors[executor]
    if (!powered) return
    const extraW = share > 0 ? share * (powered.batchW(size) - powered.idleW) : 0
    this.#meter.set(executor, at, powered.cards * powered.idleW + extraW)
  }

  /** J of each pool after the warm-up, and in each interval; the run ends at `at`. */
  energy(at: Ms): { readonly totals: Float64Array; readonly series: readonly Float64Array[] } {
    this.#to(at)
    // the end of the last interval is rounded, and may be after the end of the run
    while (this.#edge < LEVEL_INTERVALS) this.#note(this.#edge++)
    for (const [executor, powered] of this.#executors.entries()) {
      // nothing runs any more where a rack was looked at after the end
      if (powered?.heat) this.#meter.shorten(executor, at, powered.cards * powered.idleW)
    }
    this.#meter.until(at)
    const { totals, series } = this.#meter
    const width = this.#width / 1000
    for (const [pool, watts] of this.#warmW.entries()) {
      if (watts === 0) continue
      totals[pool]! += (watts * (at - this.#times.warmupMs)) / 1000
      for (let i = 0; i < LEVEL_INTERVALS; i++) series[pool]![i]! += watts * width
    }
    return this.#meter
  }

  /** Goes on to `at`, and notes temperatures at the end of each interval on the way. */
  #to(at: Ms): void {
    while (this.#edge < LEVEL_INTERVALS && (this.#edge + 1) * this.#width <= at) {
      for (const rack of this.#racks) rack.to((this.#edge + 1) * this.#width)
      this.#note(this.#edge++)
    }
    for (const rack of this.#racks) rack.to(at)
  }

  #note(interval: number): void {
    for (const powered of this.#executors) {
      if (!powered?.heat) continue
      const rack = this.#racks[powered.heat.rack]!
      const { warmestC, slowest } = this.heat[powered.pool]!
      const [celsius, clock] = [
        rack.temperatureC(powered.heat.device),
        rack.clock(powered.heat.device),
      ]
      // the first of a pool replaces NaN
      if (!(celsius <= warmestC[interval]!)) warmestC[interval] = celsius
      if (!(clock >= slowest[interval]!)) slowest[interval] = clock
    }
  }
}
