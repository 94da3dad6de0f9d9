import type { Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import {
  declaredSteps,
  declaredWork,
  type Hardware,
  type MeanWork,
  type ModelProfile,
  measuredLaw,
  NO_WAKE,
  Overheads,
  type StepLaw,
  tabulatedWork,
  variationOf,
  varied,
} from '../../world/index.ts'
import type { ExecutorWork } from '../comparison/structure.ts'
import { declaredSpeed } from '../system/scaled-speed.ts'
import type { SimulationInput } from '../system/simulation-input.ts'
import { operationsWork } from './operations-times.ts'
import { decoderSteps, encoderWork } from './transformer-times.ts'

/** A scenario, and the profile of each pool's model. */
type Modelled = Pick<SimulationInput, 'scenario' | 'models'>

/** What the replicas of a pool run on. */
interface PoolHardware extends Hardware {
  readonly work: MeanWork
  readonly steps: StepLaw | null
}

const resolved = new WeakMap<Scenario, WeakMap<Modelled['models'], readonly PoolHardware[]>>()

/**
 * By pool, as profiles describe it, or ideal where the scenario states so. It is resolved once for
 * a scenario and its profiles: replications, capacities and comparisons read the same.
 */
export function poolHardware({ scenario, models }: Modelled): readonly PoolHardware[] {
  const byModels = resolved.get(scenario) ?? new WeakMap()
  resolved.set(scenario, byModels)
  const hardware = byModels.get(models) ?? Object.freeze(resolve({ scenario, models }))
  byModels.set(models, hardware)
  return hardware
}

function resolve({ scenario, models }: Modelled): PoolHardware[] {
  return scenario.pools.map((pool, i) => {
    const model = models[i] ?? null
    const isIdeal = model === null || pool.speed === 'ideal'
    const work = workOf(model, scenario, pool)
    return {
      work: isIdeal ? work : varied(work, model.variation),
      wake: isIdeal ? NO_WAKE : model.wake,
      overheads: isIdeal ? null : new Overheads(model.overheads),
      steps: stepsOf(model, scenario, pool),
    }
  })
}

function workOf(model: ModelProfile | null, { models }: Scenario, pool: Pool): MeanWork {
  if (model !== null) return tabulatedWork(model.work)
  const declared = models[pool.model]!
  if (!('work' in declared)) throw new Error('Expected a profile for a model that is not declared')
  const work = declaredSpeed(declared)
  if (work.law === 'transformer-encoder') return encoderWork(work, pool)
  if (work.law === 'operations') return operationsWork(work, pool)
  return declaredWork(work)
}

/** Steps of a pool whose model generates; null for one that does not. */
function stepsOf(profile: ModelProfile | null, { models }: Scenario, pool: Pool): StepLaw | null {
  if (profile !== null) return measuredSteps(profile, pool)
  const model = models[pool.model]!
  if (!('work' in model)) return null
  const work = declaredSpeed(model)
  if (work.law === 'transformer-decoder') return decoderSteps(work, pool)
  return declaredSteps(work)
}

/** At ideal speed no step varies, and none meets the machine. */
function measuredSteps({ steps, variation }: ModelProfile, { speed }: Pool): StepLaw | null {
  if (steps === undefined) return null
  const law = measuredLaw(steps)
  return speed === 'ideal' ? law : { ...law, varied: variationOf(variation) }
}

/** The same by executor. */
export function hardwareOf(input: Modelled): readonly PoolHardware[] {
  const hardware = poolHardware(input)
  return input.scenario.pools.flatMap(({ replicas }, i) =>
    Array<PoolHardware>(replicas).fill(hardware[i]!),
  )
}

/** Work and wake-up of each executor as functions, to judge measured batches by. */
export function executorWork(input: Modelled): ExecutorWork[] {
  return hardwareOf(input).map(({ work, wake, steps }) => ({ work: work.mean, wake, steps }))
}
