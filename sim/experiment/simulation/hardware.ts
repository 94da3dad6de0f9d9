import type { Scenario } from '../../../scenarios/schema/schema.ts'
import {
  declaredSteps,
  declaredWork,
  type MeanWork,
  type ModelProfile,
  NO_WAKE,
  Overheads,
  type StepLaw,
  tabulatedWork,
  varied,
} from '../../world/index.ts'
import type { ExecutorWork } from '../comparison/structure.ts'
import { declaredSpeed } from '../system/scaled-speed.ts'
import type { SimulationInput } from '../system/simulation-input.ts'
import { operationsWork } from './operations-times.ts'
import { decoderSteps, encoderWork } from './transformer-times.ts'

export function workOf(model: ModelProfile | null, scenario: Scenario, pool: number): MeanWork {
  if (model !== null) return tabulatedWork(model.work)
  const declared = scenario.models[scenario.pools[pool]!.model]!
  if (!('work' in declared)) throw new Error('Expected a profile for a model that is not declared')
  const work = declaredSpeed(declared)
  if (work.law === 'transformer-encoder') return encoderWork(work, scenario.pools[pool]!)
  if (work.law === 'operations') return operationsWork(work, scenario.pools[pool]!)
  return declaredWork(work)
}

/** Steps of a pool whose model generates; null for one that does not. */
export function stepsOf({ models, pools }: Scenario, pool: number): StepLaw | null {
  const model = models[pools[pool]!.model]!
  if (!('work' in model)) return null
  const work = declaredSpeed(model)
  if (work.law === 'transformer-decoder') return decoderSteps(work, pools[pool]!)
  return declaredSteps(work)
}

/** The executors of each pool as profiles describe them, or ideal where the scenario says so. */
export function hardwareOf(input: Pick<SimulationInput, 'scenario' | 'models'>) {
  return input.scenario.pools.flatMap((pool, index) => {
    const model = input.models[index] ?? null
    const ideal = model === null || pool.speed === 'ideal'
    const work = workOf(model, input.scenario, index)
    const hardware = {
      work: ideal ? work : varied(work, model.variation),
      wake: ideal ? NO_WAKE : model.wake,
      overheads: ideal ? null : new Overheads(model.overheads),
      steps: stepsOf(input.scenario, index),
    }
    return Array.from({ length: pool.replicas }, () => hardware)
  })
}

/** Work and wake-up of each executor as functions, to judge measured batches by. */
export function executorWork(input: Pick<SimulationInput, 'scenario' | 'models'>): ExecutorWork[] {
  return hardwareOf(input).map(({ work, wake }) => ({ work: work.mean, wake }))
}
