import type { Pool } from '../../../scenarios/schema/schema.ts'
import type { KvUse, Ms } from '../../serving/index.ts'
import type { Ratio } from '../../stats/index.ts'
import { shareOver } from '../result/over-runs.ts'
import { NOT_RECORDED, type PoolFamily } from './family.ts'

const hasCache = ({ generation }: Pool) => generation?.kv_cache?.prefix_cache === true

/** Prompt tokens that were in prefix caches, of all prompt tokens; null without such a cache. */
export const prefixes: PoolFamily<Ratio[] | null, 'prefix_hit_rate'> = {
  start({ scenario, poolOf }) {
    if (!scenario.pools.some(hasCache)) return NOT_RECORDED
    // of each executor so far, warm-up included
    const prompts = new Float64Array(poolOf.length)
    const hits = new Float64Array(poolOf.length)
    const kv = (_now: Ms, { executor, promptTokens, hitTokens }: KvUse) => {
      prompts[executor] = promptTokens
      hits[executor] = hitTokens
    }
    const inPool = (tokens: Float64Array, pool: number) =>
      tokens.reduce((sum, count, executor) => sum + (poolOf[executor] === pool ? count : 0), 0)
    const summary = () =>
      scenario.pools.map((_, pool) => ({ part: inPool(hits, pool), of: inPool(prompts, pool) }))
    return { observers: [{ kv }], summary }
  },

  ofPool(summaries, { scenario }, index) {
    if (!hasCache(scenario.pools[index]!)) return { prefix_hit_rate: null }
    return { prefix_hit_rate: shareOver(summaries.map((pools) => pools![index]!)) }
  },
}
