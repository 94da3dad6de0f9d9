import { type Random, shuffled } from '../../sim/kernel/index.ts'
import type { Ms } from '../../sim/serving/index.ts'
import type { Fleet, Progress } from '../live/fleet.ts'
import type { StepScriptRow } from '../live/generation/step-script.ts'
import { GAPS_MS } from './script-plan.ts'
import type { TimedStep } from './step-fit.ts'
import { type PlannedSteps, type StepLimits, stepRound } from './step-plan.ts'

/** A round that was run, with the times of its runs. */
export interface MeasuredRound {
  readonly planned: readonly PlannedSteps[]
  readonly rows: readonly StepScriptRow[]
}

/** Runs of a round that wait, so that a fast model is not idle most of the time. */
const GAPS = 4

/** Runs a round on executor 0, some of its runs after idle times. */
export async function runRound(
  fleet: Pick<Fleet, 'steps'>,
  limits: StepLimits,
  random: Random,
  onProgress?: Progress,
): Promise<MeasuredRound> {
  const planned = stepRound(limits, random)
  const several = planned.filter(({ steps }) => steps.length > 1)
  const waiting = shuffled(several, random).slice(0, GAPS)
  const gaps = shuffled([...GAPS_MS], random)
  const orders = planned.map((each) => {
    const place = waiting.indexOf(each)
    return place < 0 ? each.order : { ...each.order, gapMs: gaps[place]! }
  })
  return { planned, rows: await fleet.steps(orders, onProgress) }
}

/** A step that was timed, and when it ran, ms since the epoch of its job. */
export interface PlacedStep extends TimedStep {
  readonly started: Ms
  readonly ended: Ms
  /** the idle time before its run; null where it follows another step */
  readonly gap: Ms | null
}

/** Steps that follow others of their run; of a run of one step, that step. */
export function timedSteps({ planned, rows }: MeasuredRound): PlacedStep[] {
  return planned.flatMap(({ steps }, i) => {
    const { dispatched, started, ends } = rows[i]!
    const gap = dispatched - (rows[i - 1]?.ends.at(-1) ?? Number.NEGATIVE_INFINITY)
    return steps
      .map((amounts, k): PlacedStep => {
        const [from, ended] = [ends[k - 1] ?? started, ends[k]!]
        return { ...amounts, started: from, ended, ms: ended - from, gap: k > 0 ? null : gap }
      })
      .filter((_, k) => k > 0 || steps.length === 1)
  })
}
