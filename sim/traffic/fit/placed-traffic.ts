import type { FittedClass } from './fit-traffic.ts'

/** Where the rows of a class lie in the file of its trace, s after the first row of the file. */
export interface ClassPlace {
  readonly from_s: number
  readonly until_s: number
  /** the last row of the file */
  readonly end_s: number
  /** between two rows of the class */
  readonly longest_gap_s: number
}

/**
 * A class that was fitted to its own rows, at the times of the file, so that classes of one file
 * stay side by side. A silence before or after its rows that is longer than any between them is a
 * rate of 0.
 */
export function placedTraffic(traffic: FittedClass, place: ClassPlace): FittedClass {
  const { from_s, until_s, end_s, longest_gap_s } = place
  const { process, rate_rps, schedule, surges, states } = traffic.arrivals
  const [before, after] = [from_s > longest_gap_s, end_s - until_s > longest_gap_s]
  const later = <Step extends { readonly at_s?: number }>(step: Step) => ({
    ...step,
    at_s: rounded(step.at_s! + from_s),
  })
  const steps = schedule ?? [{ at_s: 0, rate_rps: rate_rps! }]
  const placed = [
    ...(before ? [{ at_s: 0, rate_rps: 0 }] : []),
    // the first step begins with the run
    ...steps.map((step, i) => (i === 0 && !before ? step : later(step))),
    ...(after ? [{ at_s: rounded(until_s), rate_rps: 0 }] : []),
  ]
  const rate = placed.length === 1 ? { rate_rps: placed[0]!.rate_rps! } : { schedule: placed }
  return {
    ...traffic,
    arrivals: {
      process,
      ...rate,
      ...(surges && { surges: surges.map(later) }),
      ...(states && { states }),
    },
    ...(traffic.length_schedule && {
      length_schedule: traffic.length_schedule.map((step, i) => (i === 0 ? step : later(step))),
    }),
  }
}

const rounded = (seconds: number) => Number(seconds.toPrecision(6))
