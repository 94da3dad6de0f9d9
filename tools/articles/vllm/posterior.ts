import { exp, log, Random } from '../../../sim/kernel/index.ts'

/** Values of the parameters, all positive, and how far they are from the measurements. */
export interface Candidate {
  readonly values: readonly number[]
  readonly misfit: number
}

export interface SearchOptions {
  readonly start: readonly number[]
  /** sum of weighted squares */
  readonly misfit: (values: readonly number[]) => number
  /** independent figures that the squares are of */
  readonly figures: number
  readonly chains: number
  readonly generations: number
}

/** Spread of the chains at the start, and of each proposal, in logarithms. */
const FIRST_SPREAD = 0.04
const JITTER = 0.01

/**
 * Candidates as the measurements make them likely: differential evolution Markov chains over the
 * logarithms (ter Braak 2006), for normal errors whose common scale is not known, so that the
 * likelihood is the sum of squares to the power of minus half the figures. Returns the second half
 * of each chain.
 */
export function posterior(options: SearchOptions): Candidate[] {
  const { start, misfit, figures, chains, generations } = options
  const random = new Random('laws that fit')
  const at = (logs: readonly number[]): Candidate => {
    const values = logs.map(exp)
    return { values, misfit: misfit(values) }
  }
  const spread = (values: readonly number[], by: number) =>
    values.map((value) => log(value) + by * random.normal())
  const current = Array.from({ length: chains }, () => at(spread(start, FIRST_SPREAD)))
  const step = 2.38 / Math.sqrt(2 * start.length)
  const kept: Candidate[] = []
  for (let generation = 0; generation < generations; generation++) {
    for (let chain = 0; chain < chains; chain++) {
      const [one, other] = twoOthers(chain, chains, random).map((i) => current[i]!.values)
      const scale = generation % 10 === 9 ? 1 : step
      const moved = spread(current[chain]!.values, JITTER).map(
        (value, i) => value + scale * (log(one![i]!) - log(other![i]!)),
      )
      const next = at(moved)
      const odds = (figures / 2) * (log(current[chain]!.misfit) - log(next.misfit))
      if (odds >= 0 || random.uniform() < exp(odds)) current[chain] = next
      if (generation >= generations / 2) kept.push(current[chain]!)
    }
  }
  return kept
}

/** Two chains other than this one. */
function twoOthers(chain: number, chains: number, random: Random): readonly number[] {
  const one = (chain + 1 + Math.floor(random.uniform() * (chains - 1))) % chains
  for (;;) {
    const other = Math.floor(random.uniform() * chains)
    if (other !== chain && other !== one) return [one, other]
  }
}
