import type { Arrivals } from './schema.ts'

/** The processes of a sum, or the process itself. */
export function arrivalParts(arrivals: Arrivals): readonly Exclude<Arrivals, { process: 'sum' }>[] {
  return arrivals.process === 'sum' ? arrivals.of : [arrivals]
}
