import { isSwappable, largestBatch, type ServingPlan, topologyOf } from '../../serving/index.ts'
import type { MeanWork, ModelProfile, Profile, StepLaw } from '../../world/index.ts'
import { batchRoom, capacityOfSingles, poolCapacity } from '../capacity/capacity.ts'
import { type EngineCapacity, generationCapacity } from '../capacity/generation-capacity.ts'
import type { MeanSteps } from '../capacity/saturated-engine.ts'
import { systemCapacity } from '../capacity/system-capacity.ts'
import { poolHardware } from '../simulation/hardware.ts'
import { slowdownBySize } from '../simulation/power-plan.ts'
import { withSourceInputs } from '../uncertainty/with-source-inputs.ts'
import { refuseTooLarge } from './accelerator-memory.ts'
import { refuseCrowd } from './crowd.ts'
import { type LengthMix, lengthMixes, promptsAndAnswers, routedClasses } from './length-mix.ts'
import { modelProfiles } from './model-profiles.ts'
import type { PreparedScenario } from './prepared-scenario.ts'
import { type SimulationInput, simulationInput } from './simulation-input.ts'
import { refuseWeights } from './weights.ts'

/** What a profile adds to a scenario. */
export interface Resolved
  extends Pick<SimulationInput, 'models' | 'activations' | 'plan' | 'capacityRps' | 'tokenTimes'> {
  /** the profile that it was resolved with; null where none was needed */
  readonly profile: Profile | null
  /**
   * Capacity of each pool, requests/s; null where its model is swapped: it would depend on the
   * order in which classes ask for models. Null on a shared card, too: it depends on other pools.
   */
  readonly capacitiesRps: readonly (number | null)[]
  /** lengths of the requests of each pool */
  readonly lengths: readonly Pick<LengthMix, 'min' | 'max'>[]
  /** fresh ones in every replication */
  readonly requests: null
}

/**
 * A scenario and a profile as one system: its plan, its capacities and the input of its
 * simulations. `profile` is null where all work is declared. Throws `Failure` where the profile
 * does not match the models, where they do not fit their devices, and where too many requests come.
 */
export function resolveSystem<Prepared extends PreparedScenario>(
  prepared: Prepared,
  profile: Profile | null,
): Prepared & Resolved {
  const { scenario, traces, clients } = prepared
  const models = modelProfiles(prepared, profile)
  const { plan, activations } = simulationInput(scenario, { models, traces, clients })
  refuseWeights(prepared, plan)
  refuseTooLarge(prepared)
  const lengths = lengthMixes(prepared, plan)
  const capacities = poolCapacities(prepared, { models, plan, lengths })
  const capacitiesRps = capacities.map((own) => own && (typeof own === 'number' ? own : own.rps))
  const tokenTimes = capacities.map((own) => (typeof own === 'object' && own ? own.times : null))
  const poolsRps = systemCapacity(plan, capacitiesRps, routedClasses(prepared))
  const linkRps = 1000 / (scenario.link?.per_request_ms ?? 0)
  const capacityRps = poolsRps === null ? null : Math.min(poolsRps, linkRps)
  refuseCrowd(prepared, capacityRps)
  return Object.freeze({
    ...prepared,
    ...withSourceInputs(prepared, models),
    profile,
    models,
    activations,
    plan,
    capacityRps,
    capacitiesRps,
    tokenTimes,
    lengths: lengths.map(({ min, max }) => ({ min, max })),
    requests: null,
  })
}

/** Requests/s of each pool; of engines with the times of their tokens. */
function poolCapacities(
  prepared: PreparedScenario,
  of: {
    readonly models: readonly (ModelProfile | null)[]
    readonly plan: ServingPlan
    readonly lengths: readonly LengthMix[]
  },
): (number | EngineCapacity | null)[] {
  const { scenario } = prepared
  const { models, plan, lengths } = of
  const { entryPools } = topologyOf(plan)
  const hardware = poolHardware({ scenario, models })
  return plan.pools.map((pool, i) => {
    if (isSwappable(plan, i) || scenario.pools[i]!.card !== undefined) return null
    const { steps, work } = hardware[i]!
    const slowdown = slowdownBySize(scenario.pools[i]!)
    const model = models[i] ?? null
    const isIdeal = model === null || scenario.pools[i]!.speed === 'ideal'
    const overheadMs = isIdeal ? 0 : around(model)
    if (steps !== null) {
      const traffic = {
        draw: promptsAndAnswers(prepared, plan, i),
        classes: plan.classes,
        decodesOnly: !entryPools.includes(i),
        alike: stepsText(prepared, i, model),
      }
      const mean = { ...slowedSteps(steps, slowdown), aroundMs: overheadMs }
      return generationCapacity(pool, mean, traffic)
    }
    const mix = lengths[i]!
    const mean: MeanWork['mean'] = (size, length) => slowdown(size) * work.mean(size, length)
    const room = batchRoom(plan, i)
    return room === null && largestBatch(pool) === 1
      ? capacityOfSingles(pool, { mean }, overheadMs, mix.mean)
      : poolCapacity(pool, { mean }, overheadMs, mix.draw, room)
  })
}

/** What the times of a pool's steps follow from: replicas and prices are not in it. */
function stepsText({ scenario }: PreparedScenario, i: number, model: ModelProfile | null): string {
  const { name, replicas, scaling, pricing, price_usd_per_hour, ...pool } = scenario.pools[i]!
  return JSON.stringify([pool, scenario.models[pool.model], model])
}

/** Mean steps of an engine whose batches take longer by their size. */
function slowedSteps(steps: StepLaw, slowdown: (size: number) => number): MeanSteps {
  const slowed = (ms: StepLaw['stepMs']): StepLaw['stepMs'] => {
    return (batch) => slowdown(Math.max(1, batch.decodes + batch.prefills)) * ms(batch)
  }
  return { ...steps, stepMs: slowed(steps.stepMs), growthMs: slowed(steps.growthMs) }
}

/** Usual time around the work of a batch or a run of steps while there is always more to do, ms. */
function around(model: ModelProfile): number {
  const middle = (table: readonly number[]) => table[table.length >> 1]!
  return middle(model.overheads.dispatch[0]!.table) + middle(model.overheads.completion[0]!.table)
}

/** A rate over the capacity; null where the capacity is not known. */
export function loadOf(rps: number, { capacityRps }: Pick<Resolved, 'capacityRps'>): number | null {
  return capacityRps === null ? null : rps / capacityRps
}

/** What a calibration covers of each pool, whose model has no profile yet. */
export function poolsToCalibrate(prepared: PreparedScenario) {
  const { plan } = simulationInput(prepared.scenario)
  const lengths = lengthMixes(prepared, plan)
  return plan.pools.map((pool, i) => ({
    plan: pool,
    maxBatch: largestBatch(pool),
    lengths: lengths[i]!,
  }))
}
