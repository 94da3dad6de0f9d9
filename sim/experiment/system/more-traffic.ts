import type { Arrivals, Scenario } from '../../../scenarios/schema/schema.ts'

type Part = Exclude<Arrivals, { process: 'sum' }>

/**
 * The scenario with `factor` times the traffic of every class: the same processes, surges and
 * bursts at higher rates. Null where the rate of a class cannot be scaled.
 */
export function withTraffic(scenario: Scenario, factor: number): Scenario | null {
  const traffic = scenario.traffic.flatMap((own) => {
    const arrivals = scaled(own.arrivals, factor)
    return arrivals === null ? [] : [{ ...own, arrivals }]
  })
  return traffic.length < scenario.traffic.length ? null : { ...scenario, traffic }
}

function scaled(arrivals: Arrivals, factor: number): Arrivals | null {
  if (arrivals.process !== 'sum') return scaledPart(arrivals, factor)
  const of = arrivals.of.map((part) => scaledPart(part, factor) as typeof part)
  return { ...arrivals, of }
}

function scaledPart(part: Part, factor: number): Part | null {
  switch (part.process) {
    case 'trace':
      return part.load === undefined
        ? { ...part, growth: factor * part.growth }
        : { ...part, load: factor * part.load }
    case 'closed-loop':
      return { ...part, users: Math.max(1, Math.round(factor * part.users)) }
    case 'servegen':
      return part.rate_rps === undefined && part.load === undefined ? null : rates(part, factor)
    default: {
      const { schedule } = part
      const steps = schedule && { schedule: schedule.map((step) => rates(step, factor)) }
      return { ...rates(part, factor), ...steps }
    }
  }
}

/** The same at `factor` times its rate, in the key that states it. */
function rates<T extends { rate_rps?: number | undefined; load?: number | undefined }>(
  of: T,
  factor: number,
): T {
  const { rate_rps, load } = of
  return {
    ...of,
    ...(rate_rps !== undefined && { rate_rps: factor * rate_rps }),
    ...(load !== undefined && { load: factor * load }),
  }
}
