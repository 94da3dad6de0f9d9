import type { Ms, TuningStep } from '../../serving/index.ts'
import { NOT_RECORDED, type SystemFamily } from './family.ts'

/** A change of a tuned setting. */
type TuningChange = TuningStep & { readonly at: Ms }

/** Changes that a result has: the first ones. */
const MOST_CHANGES = 10_000

/** What tuners change in the first run. */
export const tuning: SystemFamily<TuningChange[] | null, 'tuning'> = {
  start({ plan, replication }) {
    if (plan.tuning === undefined) return NOT_RECORDED
    const changes: TuningChange[] = []
    const tuned = (at: Ms, step: TuningStep) => {
      if (changes.length < MOST_CHANGES) changes.push({ at, ...step })
    }
    return { observers: replication === 0 ? [{ tuned }] : [], summary: () => changes }
  },

  ofSystem([first], { plan }) {
    if (plan.tuning === undefined || first == null) return {}
    const settings = plan.tuning.map(({ name, start }, number) => ({
      setting: name,
      start,
      changes: first
        .filter(({ tuner }) => tuner === number)
        .map(({ at, to, measured, reason }) => ({
          at_s: at / 1000,
          to,
          measured: Number.isFinite(measured) ? measured : null,
          reason,
        })),
    }))
    return { tuning: settings }
  },
}
