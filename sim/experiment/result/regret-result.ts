import { replicaPrice, sharersOf } from '../../../scenarios/schema/pool-accelerator.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Estimate, PoolRegret, Result } from '../../documents/index.ts'
import { type Regret, regret } from '../../serving/index.ts'
import { tInterval } from '../../stats/index.ts'
import type { RunSummary } from '../figures/run-summary.ts'
import type { PoolOracle } from '../scaling/pool-oracle.ts'
import { overRuns } from './over-runs.ts'

/** The result of runs with the regret of each scaled pool. */
export function withRegret(
  result: Result,
  scenario: Pick<Scenario, 'pools'>,
  runs: readonly RunSummary[],
  oracles: readonly (PoolOracle | string | null)[],
): Result {
  const pools = result.pools.map((pool, i) => {
    const oracle = oracles[i] ?? null
    if (pool.availability === null || oracle === null) return pool
    const of = typeof oracle === 'string' ? oracle : regretResult(scenario, runs, i, oracle)
    return { ...pool, availability: { ...pool.availability, regret: of } }
  })
  return { ...result, pools }
}

/** The regret of a scaled pool against its oracle, over runs. */
function regretResult(
  { pools }: Pick<Scenario, 'pools'>,
  runs: readonly RunSummary[],
  index: number,
  oracle: PoolOracle,
): PoolRegret {
  const pool = pools[index]!
  const price = replicaPrice(pool, sharersOf(pools, pool))
  const warm = pool.scaling?.warm ?? 0
  const each = runs.map(({ availability }) => {
    const { series, paid } = availability![index]!
    const perStep = (replicaS: number) => exact(replicaS / oracle.intervalS)
    const policy = {
      serving: series.map(perStep),
      paid: paid.map((replicaS) => perStep(replicaS) + warm),
    }
    return regret(policy, oracle, {
      stepS: oracle.intervalS,
      priceUsdPerHour: price ?? 0,
    })
  })
  // a policy may pay less than the oracle, so a regret has either sign
  const mean = (of: (own: Regret) => number): Estimate => ({
    ...tInterval(each.map(of)),
    n: runs.length,
  })
  return {
    replica_hours: mean(({ regretReplicaHours }) => regretReplicaHours),
    usd: price === null ? null : mean(({ regretUsd }) => regretUsd),
    short_share: overRuns(each, ({ shortShare }) => shortShare, 1),
    short_replica_hours: overRuns(each, ({ shortReplicaHours }) => shortReplicaHours),
    paid_replica_hours: overRuns(each, ({ replicaHours }) => replicaHours),
    oracle: {
      replica_hours: each[0]!.oracleReplicaHours,
      serving: [...oracle.serving],
      paid: [...oracle.paid],
      counted: oracle.counted,
      beyond_max_share: oracle.beyondMaxShare,
      steady_rps: oracle.rates.map(({ replicas, rps }) => ({ replicas, rps })),
    },
  }
}

/** Without the rounding of sums over time. */
const exact = (replicas: number) => Math.round(1e6 * replicas) / 1e6
