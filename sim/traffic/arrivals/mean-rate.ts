import { type Arrivals, arrivalParts, type TrafficClass } from '../../../scenarios/schema/schema.ts'
import { stream } from '../../kernel/index.ts'
import { lengthDistribution } from '../lengths/lengths.ts'
import { processOf } from './arrival-processes.ts'
import type { AmountOptions } from './process-kind.ts'

interface MeanRateOptions extends Omit<AmountOptions, 'capacityRps'> {
  readonly seed: number
}

/**
 * Mean rate of a class over a run, in parts of requests a second. Where the scenario has loads, the
 * result is a load; it is comparable between classes where all have rates or all have loads. Counts
 * first attempts only, and users of a closed loop as if they were answered at once.
 */
export function meanRate(traffic: TrafficClass, { seed, ...of }: MeanRateOptions): number {
  const options = { ...of, capacityRps: 1 }
  const rate = arrivalParts(traffic.arrivals).reduce((sum, part) => {
    // a load includes parts already
    const parts = hasLoad(part) ? 1 : traffic.fan_out
    return sum + 1000 * processOf(part).meanPerMs(part, options) * parts
  }, 0)
  return rate * meanTurns(traffic, seed)
}

/** Whether a rate is a share of the capacity. */
export function hasLoad(arrivals: Arrivals): boolean {
  return arrivalParts(arrivals).some((part) => {
    const steps = 'schedule' in part ? (part.schedule ?? []) : []
    return [part, ...steps].some((stated) => 'load' in stated && stated.load !== undefined)
  })
}

const SAMPLED = 20_000

/** Mean number of requests per arrival, from draws. */
export function meanTurns({ class: name, session }: TrafficClass, seed: number): number {
  if (session === undefined) return 1
  const turns = lengthDistribution(session.turns, stream(seed, 0, `mean-turns:${name}`))
  let sum = 0
  for (let i = 0; i < SAMPLED; i++) sum += turns.draw()
  return sum / SAMPLED
}
