import type { Result } from '../../documents/index.ts'
import type { ServingPlan } from '../../serving/index.ts'
import type { RunSummary } from '../../stats/index.ts'

/** What tuners changed in a run; nothing where no setting is tuned. */
export function tuningOf(
  { tuning }: Pick<ServingPlan, 'tuning'>,
  run: Pick<RunSummary, 'tuning'>,
): Pick<Result, 'tuning'> {
  if (tuning === undefined || run.tuning === null) return {}
  const settings = tuning.map(({ name, start }, number) => ({
    setting: name,
    start,
    changes: run.tuning!.flatMap(({ tuner, at, to, measured, reason }) =>
      tuner === number
        ? [{ at_s: at / 1000, to, measured: Number.isFinite(measured) ? measured : null, reason }]
        : [],
    ),
  }))
  return { tuning: settings }
}
