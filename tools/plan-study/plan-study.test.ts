import { expect, test } from 'vitest'
import { holdsAt, leastCost, REPLICATIONS, readExhaustive } from './exhaustive.ts'
import { replayedSearch } from './replayed-search.ts'
import { LIMIT_MS } from './space.ts'

/** `npm run study:plan` in short: figures are drawn around those of the exhaustive run. */

const known = readExhaustive()
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1)

test('the space is not monotone in the batch size: p99 falls and rises again', () => {
  const of = known.filter(
    ({ family }) => family.includes('express') && family.includes('delay_ms=0'),
  )
  const at = (batch: number) =>
    of.find(({ family, replicas }) => replicas === 2 && family.includes(`max_batch=${batch}"`))!
  expect(known).toHaveLength(500)
  expect(at(2).mean).toBeGreaterThan(at(8).mean)
  expect(at(32).mean).toBeGreaterThan(at(8).mean)
})

// far fewer configurations are feasible at 28 ms than at 63 ms, and more lie near the limit
test.each([28, LIMIT_MS, 63])(
  'at a limit of %i ms the optimum is found with a tenth of the simulations',
  async (limitMs) => {
    const holds = holdsAt(limitMs)
    const least = leastCost(known, limitMs)
    let [good, wrong, confident] = [0, 0, 0]
    for (const seed of SEEDS) {
      const { outcome, simulations } = await replayedSearch(known, { seed, limitMs })
      expect(simulations).toBeLessThanOrEqual(0.1 * known.length * REPLICATIONS)
      const winner = outcome.winner!.candidate
      if (holds(known[winner.index]!) && winner.cost <= 1.01 * least) good++
      for (const { candidate, judgement } of outcome.tried) {
        if (judgement.verdict === 'UNDECIDED') continue
        confident++
        if (holds(known[candidate.index]!) !== (judgement.verdict === 'MEETS')) wrong++
      }
    }
    expect(good).toBeGreaterThanOrEqual(19)
    expect(wrong).toBeLessThanOrEqual(0.05 * confident)
  },
)
