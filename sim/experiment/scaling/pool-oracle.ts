import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type OracleReplicas, oracleReplicas } from '../../serving/index.ts'
import { meanDuration } from '../../traffic/index.ts'
import type { RunSummary } from '../figures/run-summary.ts'
import type { SimulationInput } from '../system/simulation-input.ts'
import { type KnownRates, knownRates } from './known-rates.ts'
import { neededAt, type ReplicaRate, replicaRates } from './replica-rates.ts'
import { type SteadyPool, steadyPool } from './steady-pool.ts'

/**
 * An oracle of a scaled pool: it has the rates of the whole run in advance. Its replicas are means
 * of the intervals that the series of results have.
 */
export interface PoolOracle extends Pick<OracleReplicas, 'serving' | 'paid'> {
  readonly intervalS: number
  /** share of the time in which even `max` replicas are too few */
  readonly beyondMaxShare: number
  readonly counted: boolean
  /** highest steady rates by the number of replicas, from simulations */
  readonly rates: readonly ReplicaRate[]
}

/** Simulates one replication of an input. */
type Simulate = (input: SimulationInput) => Promise<RunSummary>

/**
 * The oracle of each pool; null where it is not scaled, a sentence where there is none. What is
 * needed at a rate is found by simulations of the pool at steady rates, so that batches, engines
 * and queues per replica count as they are; for M/M/c it is `neededReplicas`.
 */
export async function poolOracles(
  input: SimulationInput & { readonly capacitiesRps: readonly (number | null)[] },
  runs: readonly RunSummary[],
  simulate: Simulate,
): Promise<(PoolOracle | string | null)[]> {
  const oracles: (PoolOracle | string | null)[] = []
  for (const [i, pool] of input.scenario.pools.entries()) {
    const intervals = runs[0]?.availability?.[i]?.series.length ?? 0
    if (pool.scaling === undefined || intervals === 0) {
      oracles.push(null)
      continue
    }
    if (input.scenario.budget !== undefined) {
      oracles.push('pools share a budget, of which an oracle of one pool knows nothing')
      continue
    }
    const leadS = meanDuration(pool.scaling.start_s) / 1000
    const known = knownRates(input, i, runs, { intervals, leadS })
    const steady = typeof known === 'string' ? known : steadyPool(input, i, known)
    if (typeof known === 'string') oracles.push(known)
    else if (typeof steady === 'string') oracles.push(steady)
    else {
      const capacityRps = input.capacitiesRps[i] ?? null
      oracles.push(await oracleOf(pool, { known, leadS, steady, capacityRps, simulate }))
    }
  }
  return oracles
}

interface OracleParts {
  readonly known: KnownRates
  readonly leadS: number
  readonly steady: SteadyPool
  readonly capacityRps: number | null
  readonly simulate: Simulate
}

async function oracleOf(
  { replicas, scaling }: Scenario['pools'][number],
  { known, leadS, steady, capacityRps, simulate }: OracleParts,
): Promise<PoolOracle | string> {
  const peakRps = Math.max(...known.rps)
  const rates = await replicaRates({
    most: replicas,
    peakRps,
    guessRps: (0.8 * (capacityRps ?? peakRps)) / replicas,
    holds: async (count, rps) => steady.holds(await simulate(steady.inputOf(count, rps)), count),
  })
  if (rates.every(({ rps }) => rps === 0)) {
    return 'no number of replicas holds the objectives at steady traffic'
  }
  const { min, max } = scaling!
  const { stepS, perInterval, counted } = known
  const { serving, paid, shortSteps } = oracleReplicas(known.rps, {
    needed: (rps: number) => neededAt(rates, rps),
    leadSteps: Math.ceil(leadS / stepS - 1e-9),
    min,
    max,
  })
  return {
    serving: meansOf(serving, perInterval),
    paid: meansOf(paid, perInterval),
    intervalS: stepS * perInterval,
    beyondMaxShare: shortSteps / serving.length,
    counted,
    rates,
  }
}

function meansOf(values: readonly number[], each: number): number[] {
  return Array.from({ length: values.length / each }, (_, i) => {
    const inInterval = values.slice(i * each, (i + 1) * each)
    return inInterval.reduce((sum, value) => sum + value, 0) / each
  })
}
