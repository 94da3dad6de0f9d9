import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type ActivationPlan, declaredPlan } from '../../memory/index.ts'
import { type ServingPlan, servingPlan } from '../../serving/index.ts'
import type { EngineTimes } from '../../stats/index.ts'
import type { ClientRow, RequestList, TraceData } from '../../traffic/index.ts'
import type { ModelProfile } from '../../world/index.ts'

/** Everything that replications of one scenario share; plain data, so it can go to a worker. */
export interface SimulationInput {
  readonly scenario: Scenario
  /** profile of each pool's model; null where its work is declared */
  readonly models: readonly (ModelProfile | null)[]
  /** memory that a batch of each pool takes; null where it is not known, or does not count */
  readonly activations: readonly (ActivationPlan | null)[]
  readonly plan: ServingPlan
  /** of the whole system, to resolve `load`; null where no traffic needs it, or it is not known */
  readonly capacityRps: number | null
  /** of each pool: time of tokens at its capacity; null or absent for those without engines */
  readonly tokenTimes?: readonly (EngineTimes | null)[]
  /** traces of the classes that follow one, by class index */
  readonly traces: ReadonlyMap<number, TraceData>
  /** rates of recorded clients, by class index; needed where the scenario has such */
  readonly clients?: ReadonlyMap<number, readonly (readonly ClientRow[])[]>
  /** requests to use in every replication in place of fresh ones */
  readonly requests: RequestList | null
}

type Given = Partial<Omit<SimulationInput, 'scenario' | 'plan'>>

/**
 * The input of a scenario, with its plan, which is derived here only. Work is declared, and no
 * class follows a trace, unless given.
 */
export function simulationInput(scenario: Scenario, given: Given = {}): SimulationInput {
  const models = given.models ?? scenario.pools.map(() => null)
  const activations = given.activations ?? activationsOf(scenario, models)
  const plan = withContexts(servingPlan(scenario, activations), models)
  const defaults = { capacityRps: null, traces: new Map(), requests: null }
  return { ...defaults, ...given, scenario, models, activations, plan }
}

/** Steps that were measured take as long as their longest context, so that runs state it. */
function withContexts(plan: ServingPlan, models: SimulationInput['models']): ServingPlan {
  if (models.every((model) => model?.steps === undefined)) return plan
  const pools = plan.pools.map((pool, i) =>
    pool.generation === undefined || models[i]?.steps === undefined
      ? pool
      : { ...pool, generation: { ...pool.generation, padsContexts: true } },
  )
  return { ...plan, pools }
}

/**
 * What a batch of each pool does with memory: declared, or as a calibration measured it. Null where
 * the pool has no `memory`, or generates.
 */
function activationsOf(
  { pools, models: declared }: Scenario,
  models: readonly (ModelProfile | null)[],
): (ActivationPlan | null)[] {
  return pools.map((pool, i) => {
    if (pool.memory === undefined || pool.generation !== undefined) return null
    const model = declared[pool.model]!
    if (!('work' in model)) return models[i]?.memory ?? null
    return model.memory === undefined ? null : declaredPlan(model.memory, pool.precision)
  })
}
