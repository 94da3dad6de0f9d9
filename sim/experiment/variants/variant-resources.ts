import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { isTransformer } from '../../../scenarios/schema/takes-length.ts'
import { weightBytes } from '../../accelerator/index.ts'
import type { VariantResources } from '../../documents/index.ts'
import { sum } from '../../kernel/index.ts'
import { type ActivationPlan, weightsBytesOf } from '../../memory/index.ts'
import { costAtCapacity } from '../configuration/cost.ts'
import type { RunSummary } from '../figures/run-summary.ts'
import { overRuns } from '../result/over-runs.ts'
import { weightBitsOf } from '../simulation/accelerator-card.ts'
import { transformerOf } from '../simulation/transformer-times.ts'

const MIB = 2 ** 20

interface WeighedSystem {
  readonly scenario: Scenario
  /** requests/s; null where it is not known */
  readonly capacityRps: number | null
  readonly activations: readonly (ActivationPlan | null)[]
}

/**
 * What a variant needs beside time: memory of its weights, energy, and its price at capacity.
 * `stored` has the bytes of the weights in the file of the model of each pool, null where it has
 * none.
 */
export function variantResources(
  { scenario, capacityRps, activations }: WeighedSystem,
  stored: readonly (number | null)[],
  runs: readonly RunSummary[],
): VariantResources {
  const weights = scenario.pools.map((_, i) => {
    return weightsOf(scenario, activations, i) ?? stored[i] ?? null
  })
  const bytes = weights.filter((weight) => weight !== null)
  const powered = runs.every(({ power }) => power.every((pool) => pool !== null))
  return {
    weights_mib: bytes.length === weights.length ? sum(bytes) / MIB : null,
    joule_per_request: powered ? overRuns(runs, energyOf) : null,
    usd_per_million_at_capacity: costAtCapacity(scenario.pools, capacityRps),
  }
}

/** Weights of one replica of a pool, bytes; null where they are not known. */
function weightsOf(
  { pools, models }: Scenario,
  activations: readonly (ActivationPlan | null)[],
  index: number,
): number | null {
  const pool = pools[index]!
  const model = models[pool.model]!
  if ('work' in model && isTransformer(model.work)) {
    return weightBytes(transformerOf(model.work), weightBitsOf(pool))
  }
  const bytes = activations[index] ? weightsBytesOf(activations[index]) : 0
  return bytes === 0 ? null : bytes
}

/** Energy of all pools over the served requests of a run, J. */
function energyOf({ power, classes }: RunSummary): number {
  const served = sum(classes.map(({ counts }) => counts.served))
  return sum(power.map((pool) => pool!.joules)) / served
}
