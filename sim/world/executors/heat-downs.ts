import type { Ms } from '../../serving/index.ts'
import { type HeatDownSummary, LevelMeter } from '../../stats/index.ts'
import type { HeatLossPlan } from './failure-plan.ts'

/** Counts the times in which executors are down because their accelerators were too warm. */
export class HeatDowns {
  /** by executor; null for those that never stop */
  readonly plans: readonly (HeatLossPlan | null)[]
  readonly #meter: LevelMeter
  readonly #down: Uint8Array
  readonly #counts: Float64Array
  readonly #warmupMs: Ms
  /** the last one of each executor */
  readonly #from: Float64Array
  readonly #until: Float64Array

  constructor(
    plans: readonly (HeatLossPlan | null)[],
    times: { readonly warmupMs: Ms; readonly durationMs: Ms },
  ) {
    this.plans = plans
    const pools = plans.map((plan) => plan?.pool ?? 0)
    this.#meter = new LevelMeter({ levels: plans.map(() => 0), pools, ...times })
    this.#counts = new Float64Array(this.#meter.totals.length)
    this.#warmupMs = times.warmupMs
    this.#down = new Uint8Array(plans.length)
    this.#from = new Float64Array(plans.length)
    this.#until = new Float64Array(plans.length)
  }

  began(at: Ms, executor: number): void {
    this.#down[executor] = 1
    this.#from[executor] = at
    this.#meter.set(executor, at, 1)
    if (at >= this.#warmupMs) this.#counts[this.plans[executor]!.pool]!++
  }

  ended(at: Ms, executor: number): void {
    this.#down[executor] = 0
    this.#until[executor] = at
    this.#meter.set(executor, at, 0)
  }

  /** Of a pool; null where it has no temperature of a shutdown. The run ends at `at`. */
  summary(pool: number, at: Ms): HeatDownSummary | null {
    if (!this.plans.some((plan) => plan?.pool === pool)) return null
    // what restarts after the end was down until then
    for (const [executor, until] of this.#until.entries()) {
      if (this.#down[executor] === 1 || until <= at) continue
      this.#meter.shorten(executor, Math.max(at, this.#from[executor]!), 1)
    }
    this.#meter.until(at)
    return {
      count: this.#counts[pool]!,
      downS: this.#meter.totals[pool]!,
      series: [...this.#meter.series[pool]!].slice(0, -1),
    }
  }
}
