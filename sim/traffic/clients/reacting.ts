import type { Scenario, TrafficClass } from '../../../scenarios/schema/schema.ts'

/** Whether requests of a class depend on the outcomes of earlier ones. */
export function reacts({ arrivals, retry, session }: TrafficClass): boolean {
  return arrivals.process === 'closed-loop' || retry !== undefined || session !== undefined
}

/** Names of the classes whose clients react. */
export function reactingClasses({ traffic }: Scenario): string[] {
  return traffic.filter(reacts).map((entry) => entry.class)
}
