import { z } from 'zod'
import type { StudiedPlan } from '../../uncertain-plans/study.ts'
import { count, middle } from './parts.ts'

/** Plans of inputs that are not known, against what is true. Shares are of truths. */
export const uncertainPlansFigures = z.strictObject({
  configurations: count,
  truths: count,
  plans: count,
  /** plans whose chosen configuration holds often enough, and the least share of one */
  held: z.strictObject({ plans: count, least: z.number() }),
  /** plans with a cheaper one that surely holds in 95 % of all truths, and in 93 % of these */
  cheaper: z.strictObject({ plans: count, plansAt93: count }),
  /** the same as `held` of the winners at the stated inputs */
  ignoring: z.strictObject({ plans: count, median: z.number(), least: z.number() }),
  /** what the chosen one costs more than the winner at the stated inputs */
  extraCost: z.strictObject({ median: z.number(), most: z.number() }),
  /** medians of replications */
  simulations: z.strictObject({ stated: z.number(), drawn: z.number() }),
})
export type UncertainPlansFigures = z.infer<typeof uncertainPlansFigures>

/** In how many truths a chosen configuration has to hold: 95 %, less what chance takes. */
export const LEAST_SHARE = 0.93
/** What a plan promises. */
const PROMISED = 0.95

export function figuresOfUncertainPlans(
  plans: readonly StudiedPlan[],
  space: { readonly configurations: number; readonly truths: number },
): UncertainPlansFigures {
  // a plan that chooses none holds in no truth
  const chosen = plans.map((plan) => plan.chosen?.holds ?? 0)
  const ignoring = plans.map((plan) => plan.ignoring?.holds ?? 0)
  const extra = plans.map((plan) =>
    plan.chosen === null || plan.ignoring === null
      ? 0
      : plan.chosen.usdPerHour / plan.ignoring.usdPerHour - 1,
  )
  const often = (shares: readonly number[], least: number) =>
    shares.filter((share) => share >= least).length
  const cheaper = plans.map((plan) => plan.cheaper)
  // the truths are a sample: one that holds in 94 % of all may hold in 95 % of these
  const surely = PROMISED + 1.645 * Math.sqrt((PROMISED * (1 - PROMISED)) / space.truths)
  return {
    ...space,
    plans: plans.length,
    held: { plans: often(chosen, LEAST_SHARE), least: Math.min(...chosen) },
    cheaper: { plans: often(cheaper, surely), plansAt93: often(cheaper, LEAST_SHARE) },
    ignoring: {
      plans: often(ignoring, LEAST_SHARE),
      median: middle(ignoring),
      least: Math.min(...ignoring),
    },
    extraCost: { median: middle(extra), most: Math.max(...extra) },
    simulations: {
      stated: middle(plans.map(({ simulations }) => simulations)),
      drawn: middle(plans.map(({ drawn }) => drawn)),
    },
  }
}
