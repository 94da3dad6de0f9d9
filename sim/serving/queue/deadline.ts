import type { ClassPlan } from '../plan.ts'
import type { Ms } from '../ports.ts'
import type { Requests } from '../requests.ts'

/** The deadline of each request, from its scheduled arrival on; Infinity for none. */
export function deadlineOf(
  classes: readonly Pick<ClassPlan, 'deadlineMs'>[],
  requests: Requests,
): (request: number) => Ms {
  return (request) => requests.at[request]! + classes[requests.class[request]!]!.deadlineMs
}
