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
  readonly #others: Speed
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
    others: Speed = idealSpeed,
  ) {
    this.#others = others
    this.#executors = executors
    this.#width = times.durationMs / LEVEL_INTERVALS
    this.#batchW = new Float64Array(executors.length)
    this.#warmW = warmW
    this.#times = times
    this.#meter = new LevelMeter({
      ...times,
      levels: executors.map((own) => (own === null ? 0 : own.cards * own.idleW)),
      pools: executors.map((own) => own?.pool ?? 0),
    })
    this.#racks = racks.map((rack, r) => {
      const inside = executors.flatMap((own, executor) =>
        own?.heat?.rack === r ? [{ executor, own, heat: own.heat }] : [],
      )
      const sorted = inside.sort((a, b) => a.heat.device - b.heat.device)
      const devices = sorted.map(({ own, heat }) => ({
        idleW: own.idleW,
        mostW: own.batchW(LARGEST),
        throttle: heat.throttle,
        restartC: heat.restartC,
      }))
      return new RackState(rack, devices, {
        power: (device, at, watts) => {
          const { executor, own } = sorted[device]!
          this.#meter.set(executor, at, own.cards * watts)
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
    const own = this.#executors[executor]
    if (!own || own.heat !== null) return
    const isStarting = phase === 'starting'
    if (phase === 'stopped') this.#meter.change(executor, now, 0)
    else if (isStarting) this.#meter.change(executor, now, own.cards * own.startW)
    else if (phase === 'up' && this.#startingNow.has(executor)) {
      this.#meter.change(executor, now, own.cards * own.idleW)
    } else return
    if (isStarting) this.#startingNow.add(executor)
    else this.#startingNow.delete(executor)
  }

  begin(executor: number, at: Ms, gap: Ms): Ms {
    return this.#executors[executor] ? at : this.#others.begin(executor, at, gap)
  }

  finish(executor: number, start: Ms, work: Ms, size = 1): Ms {
    const own = this.#executors[executor]
    if (!own) return this.#others.finish(executor, start, work)
    const slowed = work * own.slowdown(size)
    const watts = own.batchW(size)
    if (own.heat === null) {
      this.#batchW[executor] = watts
      this.#meter.set(executor, start, own.cards * watts)
      this.#meter.set(executor, start + slowed, own.cards * own.idleW)
      return start + slowed
    }
    this.#to(start)
    const end = this.#racks[own.heat.rack]!.run(own.heat.device, watts, slowed)
    this.#lookLater(own.heat.rack)
    return end
  }

  pace(executor: number, at: Ms, size: number): StepPace {
    const own = this.#executors[executor]
    if (!own) return FULL_PACE
    const slowdown = own.slowdown(size)
    if (own.heat === null) return { ...FULL_PACE, stretch: slowdown }
    this.#to(at)
    const rack = this.#racks[own.heat.rack]!
    const { device } = own.heat
    rack.occupy(device, own.batchW(size))
    this.#lookLater(own.heat.rack)
    return {
      stretch: slowdown / rack.runningClock(device),
      delayMs: 0,
      changesAt: rack.changesAt(device),
    }
  }

  lost(executor: number, at: Ms): void {
    const own = this.#executors[executor]
    if (!own) return
    if (own.heat === null) {
      this.#meter.shorten(executor, at, own.cards * this.#batchW[executor]!)
      return
    }
    this.#to(at)
    this.#racks[own.heat.rack]!.lose(own.heat.device)
    this.#lookLater(own.heat.rack)
  }

  ran(executor: number, from: Ms, to: Ms, size: number): void {
    const own = this.#executors[executor]
    if (!own) return
    if (own.heat !== null) {
      this.#racks[own.heat.rack]!.endsAt(own.heat.device, to)
      return
    }
    this.#meter.set(executor, from, own.cards * own.batchW(size))
    this.#meter.set(executor, to, own.cards * own.idleW)
  }

  /** From now on an executor has a share of the time of its card; 0 where it has no work. */
  slice(executor: number, at: Ms, size: number, share: number): void {
    const own = this.#executors[executor]
    if (!own) return
    const extraW = share > 0 ? share * (own.batchW(size) - own.idleW) : 0
    this.#meter.set(executor, at, own.cards * own.idleW + extraW)
  }

  /** J of each pool after the warm-up, and in each interval; the run ends at `at`. */
  energy(at: Ms): { readonly totals: Float64Array; readonly series: readonly Float64Array[] } {
    this.#to(at)
    // the end of the last interval is rounded, and may be after the end of the run
    while (this.#edge < LEVEL_INTERVALS) this.#note(this.#edge++)
    for (const [executor, own] of this.#executors.entries()) {
      // nothing runs any more where a rack was looked at after the end
      if (own?.heat) this.#meter.shorten(executor, at, own.cards * own.idleW)
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
    for (const own of this.#executors) {
      if (!own?.heat) continue
      const rack = this.#racks[own.heat.rack]!
      const { warmestC, slowest } = this.heat[own.pool]!
      const [celsius, clock] = [rack.temperatureC(own.heat.device), rack.clock(own.heat.device)]
      // the first of a pool replaces NaN
      if (!(celsius <= warmestC[interval]!)) warmestC[interval] = celsius
      if (!(clock >= slowest[interval]!)) slowest[interval] = clock
    }
  }
}
