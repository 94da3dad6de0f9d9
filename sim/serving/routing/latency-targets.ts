import { parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../ports.ts'

/** The latency that a router aims at, by class; Infinity where a class has no such objective. */
export function classTargets({ traffic, slo }: Scenario, stated: Ms | undefined): Ms[] {
  return traffic.map(({ class: name }) => {
    if (stated !== undefined) return stated
    const limits = (slo[name] ?? []).flatMap((text) => {
      const objective = parseObjective(text)
      return objective?.kind === 'latency' ? objective.limitMs : []
    })
    return Math.min(...limits)
  })
}
