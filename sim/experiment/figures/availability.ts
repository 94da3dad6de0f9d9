import type { ExecutorPhase, Ms } from '../../serving/index.ts'
import { ExecutorSpans, LevelMeter, type Span, TimeGrid, timeWithin } from '../../stats/index.ts'
import { overRuns } from '../result/over-runs.ts'
import { eachOfPool, NOT_RECORDED, type PoolFamily } from './family.ts'

/** Replicas that start and stop: because of failures, of heat, or of a scaler. */
export const availability: PoolFamily<AvailabilitySummary[] | null, 'availability'> = {
  start({ scenario, plan, poolOf, warmupMs, durationMs, simulated }) {
    const change =
      simulated === null ? scenario.failures !== undefined : simulated.lifecycle !== null
    if (!change) return NOT_RECORDED
    // over the intervals of the traffic
    const options = { levels: poolOf.map(() => 1), pools: poolOf, warmupMs, durationMs }
    const [serving, paid] = [new LevelMeter(options), new LevelMeter(options)]
    // over the whole run: times on the grid, of which none is more than one that it is part of
    const grid = new TimeGrid(poolOf.length, durationMs)
    const spans = { poolOf, always: plan.pools.map(() => 0) }
    const [servingSpans, paidSpans] = [new ExecutorSpans(spans), new ExecutorSpans(spans)]
    const losses = plan.pools.map(() => 0)
    const steps = plan.pools.map((): ScalingStep[] => [])
    const executor = (now: Ms, number: number, phase: ExecutorPhase) => {
      const isUp = phase === 'up'
      // a replica that is lost is started again where it was
      const isPaid = phase !== 'stopped'
      serving.change(number, now, isUp ? 1 : 0)
      paid.change(number, now, isPaid ? 1 : 0)
      servingSpans.change(number, grid.at(now), isUp)
      paidSpans.change(number, grid.at(now), isPaid)
      if (phase === 'down' && now >= warmupMs) losses[poolOf[number]!]!++
    }
    const scaled = (at: Ms, pool: number, replicas: number, reason: string) => {
      steps[pool]!.push({ at, replicas, reason })
    }
    const summary = (endMs: Ms) => {
      serving.until(endMs)
      paid.until(endMs)
      const during = ({ series }: LevelMeter, pool: number) => [...series[pool]!].slice(0, -1)
      const counted: Span = [grid.at(warmupMs), grid.at(endMs)]
      const seconds = (all: ExecutorSpans, pool: number) =>
        timeWithin(all.all[pool]!, counted) / 1000
      return plan.pools.map((_, pool) => ({
        upS: seconds(servingSpans, pool),
        paidS: seconds(paidSpans, pool),
        losses: losses[pool]!,
        series: during(serving, pool),
        paid: during(paid, pool),
        steps: steps[pool]!,
      }))
    }
    return { observers: [{ executor, scaled }], summary }
  },

  ofPool(summaries, of, index) {
    const each = eachOfPool(summaries, of, index)
    if (each === null) return { availability: null }
    const { scaling } = of.scenario.pools[index]!
    const everyS = of.scenario.duration_s / each[0]!.series.length
    const meanOf = (series: readonly (readonly number[])[]) =>
      series[0]!.map(
        (_, i) => series.reduce((sum, run) => sum + run[i]!, 0) / (everyS * series.length),
      )
    const warm = scaling?.warm ?? 0
    return {
      availability: {
        up_share:
          scaling === undefined
            ? overRuns(each, ({ upS, run }) => upS / (run.paidMs[index]! / 1000), 1)
            : overRuns(each, ({ upS, paidS }) => upS / paidS, 1),
        serving: overRuns(each, ({ upS, run }) => (1000 * upS) / run.observedMs),
        paid: overRuns(each, ({ paidS, run }) => (1000 * paidS) / run.observedMs + warm),
        losses: each.reduce((sum, { losses }) => sum + losses, 0),
        series: {
          every_s: everyS,
          serving: meanOf(each.map(({ series }) => series)),
          paid: meanOf(each.map(({ paid }) => paid)).map((count) => count + warm),
        },
        decisions: each[0]!.steps.slice(0, MOST_STEPS).map(({ at, replicas: wanted, reason }) => {
          return { at_s: at / 1000, replicas: wanted, reason }
        }),
        regret: null,
      },
    }
  },
}

/** Of more decisions the first ones are in a result. */
const MOST_STEPS = 1000

/** A decision of a scaler that changed what it wants. */
interface ScalingStep {
  readonly at: number
  readonly replicas: number
  readonly reason: string
}

/** How long the replicas of a pool took batches. */
export interface AvailabilitySummary {
  /** replicas times seconds, from the end of the warm-up to the last event */
  readonly upS: number
  /** the same of replicas that are paid for: they serve, start, or serve what they have */
  readonly paidS: number
  /** replicas that were seen to be lost */
  readonly losses: number
  /** replicas times seconds in each interval of the traffic: serving, and paid for */
  readonly series: readonly number[]
  readonly paid: readonly number[]
  /** decisions of the scaler */
  readonly steps: readonly ScalingStep[]
}
