import type { Ms } from '../../serving/index.ts'
import { LevelMeter } from '../../stats/index.ts'
import type { HeatLossPlan } from './failure-plan.ts'

/** How often the accelerators of a pool were too warm, and how long its replicas were down. */
export interface HeatDownSummary {
  readonly count: number
  /** replicas times seconds, from the end of the warm-up to the last event */
  readonly downS: number
  /** replicas times seconds in each interval of the traffic */
  readonly series: readonly number[]
}

/** Counts the times in which executors are down because their accelerators were too warm. */
export class HeatDowns {
  /** by executor; null for those that never stop */
  readonly plans: readonly (HeatLossPlan | null)[]
  readonly #meter: LevelMeter
  readonly #counts: Float64Array
  readonly #warmupMs: Ms

  constructor(
    plans: readonly (HeatLossPlan | null)[],
    times: { readonly warmupMs: Ms; readonly durationMs: Ms },
  ) {
    this.plans = plans
    const pools = plans.map((plan) => plan?.pool ?? 0)
    this.#meter = new LevelMeter({ levels: plans.map(() => 0), pools, ...times })
    this.#counts = new Float64Array(this.#meter.totals.length)
    this.#warmupMs = times.warmupMs
  }

  began(at: Ms, executor: number): void {
    this.#meter.change(executor, at, 1)
    if (at >= this.#warmupMs) this.#counts[this.plans[executor]!.pool]!++
  }

  ended(at: Ms, executor: number): void {
    this.#meter.change(executor, at, 0)
  }

  /** Of a pool; null where it has no temperature of a shutdown. The run ends at `at`. */
  summary(pool: number, at: Ms): HeatDownSummary | null {
    if (!this.plans.some((plan) => plan?.pool === pool)) return null
    this.#meter.until(at)
    return {
      count: this.#counts[pool]!,
      downS: this.#meter.totals[pool]!,
      series: [...this.#meter.series[pool]!].slice(0, -1),
    }
  }
}
