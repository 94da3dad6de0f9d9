import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { stream } from '../../kernel/index.ts'
import {
  declaredSteps,
  declaredWork,
  type Hardware,
  type MeanWork,
  type ModelProfile,
  NO_WAKE,
  Overheads,
  type StepLaw,
  tabulatedWork,
} from '../../world/index.ts'
import type { ExecutorWork } from '../comparison/structure.ts'
import type { SimulationInput } from '../system/simulation-input.ts'

export function workOf(model: ModelProfile | null, scenario: Scenario, pool: number): MeanWork {
  if (model !== null) return calibratedWork(model)
  const declared = scenario.models[scenario.pools[pool]!.model]!
  if (!('work' in declared)) throw new Error('Expected a profile for a model that is not declared')
  return declaredWork(declared.work)
}

function calibratedWork({ work, mixedMs }: ModelProfile): MeanWork {
  const table = tabulatedWork(work)
  if (mixedMs === 0) return table
  const of = (size: number, length: number) => table.mean(size, length) + mixedMs
  return { of, mean: of }
}

/** Steps of a model that generates; null for one that does not. */
export function stepsOf({ models }: Scenario, name: string): StepLaw | null {
  const model = models[name]!
  return 'work' in model ? declaredSteps(model.work) : null
}

/** The executors of each pool as profiles describe them, or ideal where the scenario says so. */
export function hardwareOf(input: Pick<SimulationInput, 'scenario' | 'models'>): Hardware[] {
  return input.scenario.pools.flatMap((pool, index) => {
    const model = input.models[index] ?? null
    const ideal = model === null || pool.speed === 'ideal'
    const hardware: Hardware = {
      work: workOf(model, input.scenario, index),
      wake: ideal ? NO_WAKE : model.wake,
      overheads: ideal ? null : new Overheads(model.overheads),
      steps: stepsOf(input.scenario, pool.model),
    }
    return Array.from({ length: pool.replicas }, () => hardware)
  })
}

/** Work and wake-up of each executor as functions, to judge measured batches by. */
export function executorWork(input: Pick<SimulationInput, 'scenario' | 'models'>): ExecutorWork[] {
  const random = stream(input.scenario.seed, 0, 'expected')
  return hardwareOf(input).map(({ work, wake }) => ({
    work: (size, length) => work.of(size, length, random),
    wake,
  }))
}
