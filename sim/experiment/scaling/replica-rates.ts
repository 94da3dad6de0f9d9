/** The highest steady rate at which so many replicas hold the SLO. */
export interface ReplicaRate {
  readonly replicas: number
  /** requests/s; 0 where they hold it at no rate */
  readonly rps: number
}

interface RateSearch {
  /** the most replicas of the pool */
  readonly most: number
  /** the highest rate of the traffic, requests/s; more replicas than it needs are not tried */
  readonly peakRps: number
  /** a guess of what one replica serves, requests/s */
  readonly guessRps: number
  /** whether so many replicas hold the SLO at a steady rate */
  readonly holds: (replicas: number, rps: number) => Promise<boolean>
}

/** The search of a rate ends where one that holds and one that does not are this close. */
const CLOSE = 1.02
/** Below this share of the guess no rate is tried. */
const LEAST = 1 / 256

/**
 * The highest steady rates of 1, 2, 4, … replicas, up to as many as the traffic needs. More
 * replicas are taken to hold no less.
 */
export async function replicaRates(search: RateSearch): Promise<ReplicaRate[]> {
  const rates: ReplicaRate[] = []
  let perReplica = search.guessRps
  for (const replicas of doubling(search.most)) {
    const held = await highest(search, replicas, perReplica * replicas)
    const rps = Math.max(held, rates.at(-1)?.rps ?? 0)
    rates.push({ replicas, rps })
    // one that holds nothing even while idle is not helped by others
    if (rps === 0 || rps >= search.peakRps) break
    perReplica = rps / replicas
  }
  return rates
}

function doubling(most: number): number[] {
  const counts: number[] = []
  for (let count = 1; count < most; count *= 2) counts.push(count)
  return [...counts, most]
}

async function highest({ holds }: RateSearch, replicas: number, guessRps: number): Promise<number> {
  let [low, high] = [0, Number.POSITIVE_INFINITY]
  let rps = guessRps
  while (low === 0 || high === Number.POSITIVE_INFINITY || high / low > CLOSE) {
    if (await holds(replicas, rps)) low = rps
    else high = rps
    if (low === 0) rps = high / 2
    else if (high === Number.POSITIVE_INFINITY) rps = low * 1.25
    else rps = Math.sqrt(low * high)
    if (rps < guessRps * LEAST) return 0
  }
  return low
}

/**
 * The fewest replicas that hold the SLO at a rate. Between two counts that were tried the rate is
 * linear. Infinity where no number that was tried is enough.
 */
export function neededAt(rates: readonly ReplicaRate[], rps: number): number {
  if (rps <= 0) return 0
  const above = rates.findIndex((rate) => rate.rps >= rps)
  if (above < 0) return Number.POSITIVE_INFINITY
  const high = rates[above]!
  const low = rates[above - 1] ?? { replicas: 0, rps: 0 }
  const share = (rps - low.rps) / (high.rps - low.rps)
  // a share of 1 is the count itself, whatever the rounding
  const between = low.replicas + share * (high.replicas - low.replicas)
  return Math.max(1, Math.min(high.replicas, Math.ceil(between - 1e-9)))
}
