import type { Random } from '../../sim/kernel/index.ts'
import type { Ms } from '../../sim/serving/index.ts'
import type { Fleet, Progress } from '../live/fleet.ts'
import type { StepScriptRow } from '../live/generation/step-script.ts'
import { fitSteps, type StepFit, type TimedStep } from './step-fit.ts'
import { type PlannedSteps, type StepLimits, stepRound } from './step-plan.ts'

export interface StepCalibration extends StepFit {
  readonly rounds: number
  readonly timed: readonly TimedStep[]
}

/** Fewest rounds: a median of two shows nothing of a slow spell. */
const FEWEST_ROUNDS = 3

/** Times steps of executor 0 in rounds for about so long, ms, and fits their law. */
export async function calibrateSteps(
  fleet: Fleet,
  limits: StepLimits,
  { durationMs, random }: { readonly durationMs: Ms; readonly random: Random },
  onProgress?: Progress,
): Promise<StepCalibration> {
  const round = async () => {
    const planned = stepRound(limits, random)
    const rows = await fleet.steps(planned.map(({ order }) => order))
    return timedSteps(planned, rows)
  }
  // arenas and caches grow in the first one
  await round()
  const timed: TimedStep[] = []
  const begun = performance.now()
  let rounds = 0
  while (rounds < FEWEST_ROUNDS || performance.now() - begun < durationMs) {
    timed.push(...(await round()))
    rounds++
    onProgress?.(Math.min(durationMs, performance.now() - begun), durationMs)
  }
  return { ...fitSteps(timed), rounds, timed }
}

/** Steps that follow others of their run; of a run of one step, that step. */
export function timedSteps(
  planned: readonly PlannedSteps[],
  rows: readonly StepScriptRow[],
): TimedStep[] {
  return planned.flatMap(({ steps }, i) => {
    const { started, ends } = rows[i]!
    const ms = ends.map((end, k) => end - (ends[k - 1] ?? started))
    return steps
      .map((amounts, k) => ({ ...amounts, ms: ms[k]! }))
      .filter((_, k) => k > 0 || steps.length === 1)
  })
}
