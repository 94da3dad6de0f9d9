import type { PlanOf } from './scaling-plan.ts'
import { replicasText, scalingPolicy } from './scaling-policy.ts'

/** The finest time of a schedule is a second. */
const TICK_MS = 1000

/** Replicas by a timetable, of the run or of a period such as a day. */
export const scheduled = scalingPolicy<'scheduled', null>({
  kind: 'scheduled',
  intervalMs: () => TICK_MS,
  needs: () => [],
  begin: () => null,
  decide(plan, _state, { now }) {
    const { atS, replicas } = stepAt(plan, now)
    return { replicas, reason: `the schedule has ${replicasText(replicas)} from ${atS} s on` }
  },
})

function stepAt({ steps, everyS }: PlanOf<'scheduled'>, now: number) {
  const at = everyS === undefined ? now : now % (everyS * 1000)
  let current = steps[0]!
  for (const step of steps) if (at >= step.atS * 1000) current = step
  return current
}
