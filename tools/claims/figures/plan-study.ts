import { z } from 'zod'
import type { StudiedPlan } from '../../plan-study/study.ts'
import { count, middle } from './parts.ts'

/** Plans of a space whose cheapest configuration is known from an exhaustive search. */
export const planStudyFigures = z.strictObject({
  configurations: count,
  /** simulations of the exhaustive search */
  exhaustive: count,
  plans: count,
  /** plans at most 1 % dearer than the cheapest configuration */
  good: count,
  simulations: z.strictObject({ median: z.number(), most: count }),
  /** verdicts MEETS and FAILS of all plans, and those that the exhaustive search contradicts */
  confident: count,
  wrong: count,
  /** wall time of a search, without headroom and sensitivity */
  seconds: z.strictObject({ median: z.number(), most: z.number() }),
})
export type PlanStudyFigures = z.infer<typeof planStudyFigures>

export function figuresOfPlans(
  plans: readonly StudiedPlan[],
  space: { readonly configurations: number; readonly exhaustive: number },
): PlanStudyFigures {
  const of = (key: 'simulations' | 'confident' | 'wrong' | 'seconds') => plans.map((p) => p[key])
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
  const range = (values: readonly number[]) => {
    return { median: middle(values), most: Math.max(...values) }
  }
  return {
    ...space,
    plans: plans.length,
    good: plans.filter(({ good }) => good).length,
    simulations: range(of('simulations')),
    confident: sum(of('confident')),
    wrong: sum(of('wrong')),
    seconds: range(of('seconds')),
  }
}
