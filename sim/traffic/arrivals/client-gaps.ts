import type { RatedArrivals } from '../../../scenarios/schema/schema.ts'
import { EventHeap, exp, log, type Random } from '../../kernel/index.ts'
import { normalQuantile } from '../../stats/index.ts'
import { type Gap, stationaryGaps } from './gaps.ts'

export type ClientPopulation = Extract<RatedArrivals, { process: 'clients' }>

/** One client of a population. */
export interface PopulationMember {
  /** of the total rate */
  readonly share: number
  /** coefficient of variation of its gaps */
  readonly cv: number
}

/** Limits of the coefficient of variation of gaps, as in the schema. */
const LEAST_CV = 0.05
const LARGEST_CV = 50

/** The clients of a population, largest share first (Zipf). `random`: stream of the population. */
export function populationOf(population: ClientPopulation, random: Random): PopulationMember[] {
  const { clients, share_exponent, cv } = population
  const weights = Array.from({ length: clients }, (_, i) => (i + 1) ** -share_exponent)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const draw = variations(cv, random)
  return weights.map((weight) => ({
    share: weight / total,
    cv: Math.min(LARGEST_CV, Math.max(LEAST_CV, draw())),
  }))
}

function variations(cv: ClientPopulation['cv'], random: Random): () => number {
  switch (cv.distribution) {
    case 'fixed':
      return () => cv.value
    case 'uniform':
      return () => cv.min + random.uniform() * (cv.max - cv.min)
    case 'lognormal': {
      const sigma = log(cv.p99 / cv.median) / normalQuantile(0.99)
      return () => cv.median * exp(sigma * random.normal())
    }
  }
}

/**
 * Gaps between the requests of many clients, in operational time. Each client is a stationary
 * renewal process; together they send one request a unit (Xiang et al. 2025, ServeGen: traffic is
 * the sum of few bursty clients with large shares and many small ones). `streamOf`: random stream
 * of a client.
 */
export function clientGaps(
  members: readonly PopulationMember[],
  process: ClientPopulation['gaps'],
  streamOf: (client: number) => Random,
): Gap {
  const gaps = members.map(({ cv }, i) => stationaryGaps({ process, cv }, streamOf(i)))
  const next = new EventHeap(members.length)
  const push = (client: number, from: number) =>
    next.push(from + gaps[client]!() / members[client]!.share, 0, client)
  for (const client of members.keys()) push(client, 0)
  let now = 0
  return () => {
    next.pop()
    const at = next.time
    push(next.slot, at)
    const gap = at - now
    now = at
    return gap
  }
}
