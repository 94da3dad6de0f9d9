import { overRuns } from '../result/over-runs.ts'
import type { PoolFamily } from './family.ts'

/**
 * Of each pool, the time of its batches and steps over what they would take with the card to
 * themselves; null without a shared card, NaN without work.
 */
export const slowdowns: PoolFamily<(number | null)[], 'slowdown'> = {
  start({ scenario, poolOf, simulated }) {
    const cards = simulated?.cards ?? null
    const slowdownOf = (pool: number) => {
      const times = poolOf.flatMap((of, executor) =>
        of === pool ? [cards!.sliced(executor)!] : [],
      )
      const sharedMs = times.reduce((sum, time) => sum + time.sharedMs, 0)
      const aloneMs = times.reduce((sum, time) => sum + time.aloneMs, 0)
      return sharedMs / aloneMs
    }
    const summary = () =>
      scenario.pools.map(({ card }, pool) =>
        card === undefined || cards === null ? null : slowdownOf(pool),
      )
    return { observers: [], summary }
  },

  ofPool(summaries, { scenario }, index) {
    if (scenario.pools[index]!.card === undefined) return {}
    return { slowdown: overRuns(summaries, (pools) => pools[index]!) }
  },
}
