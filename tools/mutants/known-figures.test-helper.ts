import { stallFreeLatencies } from '../../sim/experiment/comparison/stall-free.ts'
import { type ExecutorWork, latenciesOf, type ObservedRun } from '../../sim/experiment/index.ts'
import type { ServingPlan } from '../../sim/serving/index.ts'
import { PERCENTILES, percentile } from '../../sim/stats/index.ts'

/** Percentiles of runs on the known machine, of all requests and of those without stalls. */

export const WARMUP_S = 1
export const LEVELS = PERCENTILES.slice(0, 4)

/** The figures of a run, in this order. */
const FIGURES = (['all', 'stall-free'] as const).flatMap((of) => LEVELS.map((p) => ({ of, p })))

/** Mean of each figure over runs of the same requests. */
export function meanOf(runs: readonly (readonly number[])[]): number[] {
  return FIGURES.map((_, i) => runs.reduce((sum, run) => sum + run[i]!, 0) / runs.length)
}

/** FIGURES of a run, ms; stalls are recognised by this work. */
export function figuresOf(
  run: ObservedRun,
  plan: ServingPlan,
  work: readonly ExecutorWork[],
): readonly number[] {
  const warmupMs = 1000 * WARMUP_S
  const all = latenciesOf(run.rows, warmupMs).sorted
  const free = stallFreeLatencies(run, { plan, work, warmupMs }).sorted
  return FIGURES.map(({ of, p }) => percentile(of === 'all' ? all : free, p))
}

/** Where a side has no request without stalls, the error is infinite. */
export const errorsOf = (simulated: readonly number[], measured: readonly number[]) =>
  FIGURES.map((figure, i) => {
    const error = simulated[i]! / measured[i]! - 1
    return { ...figure, error: Number.isNaN(error) ? Number.POSITIVE_INFINITY : error }
  })
