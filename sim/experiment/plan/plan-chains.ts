import type { PlanVerdict } from '../../documents/index.ts'

/** A configuration that a plan may choose. */
export interface Candidate {
  readonly index: number
  /** US dollars an hour, or replicas; the least where replicas are scaled */
  readonly cost: number
  /** whether replicas are scaled, so that a simulation finds what is paid for */
  readonly scaled?: boolean
  /** whether it has no price where others have one; its cost counts replicas then */
  readonly unpriced?: boolean
  /** the values of all dimensions but replicas: equal text, equal values */
  readonly family: string
  /** replicas of each pool whose replicas are a dimension */
  readonly replicas: readonly number[]
  /** requests/s; null where it is not known or was not asked for */
  readonly capacityRps: number | null
}

/** Candidates that differ in the replicas of one pool only, the fewest first. */
export interface Chain {
  readonly candidates: readonly Candidate[]
}

/**
 * What is known of a candidate; null where that is open. One that stays undecided counts as FAILS.
 * UNKNOWN: it cannot be simulated or judged, which says nothing of others.
 */
export type Ruled = (candidate: Candidate) => PlanVerdict | 'UNKNOWN' | null

/**
 * The chains of a space by cost of capacity, so that a cheap candidate is known early. Along the
 * dimension of replicas with the most values.
 */
export function chainsOf(candidates: readonly Candidate[]): Chain[] {
  const along = longestDimension(candidates)
  const groups = new Map<string, Candidate[]>()
  for (const candidate of candidates) {
    const elsewhere = candidate.replicas.filter((_, i) => i !== along)
    const key = JSON.stringify([candidate.family, elsewhere])
    groups.set(key, [...(groups.get(key) ?? []), candidate])
  }
  const rising = [...groups.values()].map((group) =>
    group.sort((a, b) => (a.replicas[along] ?? 0) - (b.replicas[along] ?? 0)),
  )
  const chains = rising.map((group) => ({ candidates: group }))
  return chains.sort((a, b) => price(a) - price(b))
}

function longestDimension(candidates: readonly Candidate[]): number {
  const dimensions = Math.max(0, ...candidates.map(({ replicas }) => replicas.length))
  const values = Array.from(
    { length: dimensions },
    (_, i) => new Set(candidates.map(({ replicas }) => replicas[i])).size,
  )
  return Math.max(0, values.indexOf(Math.max(...values)))
}

/** Cost of a unit of capacity; what is not known is tried last. */
function price({ candidates }: Chain): number {
  const each = candidates.map(({ cost, capacityRps }) =>
    capacityRps === null ? Number.POSITIVE_INFINITY : cost / capacityRps,
  )
  return Math.min(...each)
}

/** Whether a candidate has no more replicas than one of its chain that fails. */
export function isRuledOut(
  { replicas }: Candidate,
  chain: readonly Candidate[],
  ruled: Ruled,
): boolean {
  return chain.some(
    (member) =>
      ruled(member) === 'FAILS' && replicas.every((count, i) => count <= member.replicas[i]!),
  )
}

/**
 * The candidate of a chain to simulate next; null where none is left that may be cheaper than
 * `below` and meet. The dearest that is cheaper comes first, as its failure rules out the others.
 */
export function nextProbe(chain: Chain, ruled: Ruled, below: number): Candidate | null {
  const { candidates } = chain
  const failing = candidates.findLastIndex((candidate) => ruled(candidate) === 'FAILS')
  const meeting = candidates.findIndex((candidate) => ruled(candidate) === 'MEETS')
  const open = candidates.filter(
    (candidate, i) =>
      i > failing &&
      (meeting < 0 || i < meeting) &&
      candidate.cost < below &&
      ruled(candidate) !== 'UNKNOWN',
  )
  if (open.length === 0) return null
  const topFirst = meeting < 0 && below < Number.POSITIVE_INFINITY
  return topFirst ? open.at(-1)! : open[open.length >> 1]!
}
