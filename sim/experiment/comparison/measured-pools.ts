import { scaledFields } from '../../world/index.ts'
import type { SimulationInput } from '../system/simulation-input.ts'

/** Pools whose speed the profile has. */
export const measuredPools = ({ scenario, models }: Pick<SimulationInput, 'scenario' | 'models'>) =>
  scenario.pools.flatMap((pool, i) => {
    const model = models[i] ?? null
    return model === null || pool.speed === 'ideal' ? [] : [{ index: i, pool, model }]
  })

/** The input with the speeds of each measured pool times a factor. */
export function scaledInput(input: SimulationInput, factors: readonly number[]): SimulationInput {
  const models = [...input.models]
  for (const [i, { index, model }] of measuredPools(input).entries()) {
    models[index] = { ...model, fields: scaledFields(model.fields, factors[i]!) }
  }
  return { ...input, models }
}
