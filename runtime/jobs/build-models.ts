import { Failure, type LoadedScenario, type Precision } from '../../scenarios/index.ts'
import { type ModelPlaces, materialise } from '../models/index.ts'

/** A model file that was built, or had its checksum. */
export interface BuiltModel {
  readonly name: string
  readonly precision: Precision
  readonly path: string
  readonly key: string
  readonly bytes: number
}

/**
 * Builds the models of all pools of a scenario into `built`, by path. What is wrong with a model is
 * added to `problems`, and the others are built.
 */
export async function buildPools(
  { scenario }: LoadedScenario,
  places: ModelPlaces,
  built: Map<string, BuiltModel>,
  problems: string[],
): Promise<void> {
  for (const { model: name, precision } of scenario.pools) {
    const model = scenario.models[name]!
    try {
      const { path, key, bytes } = await materialise(model, precision, places)
      built.set(path, { name, precision, path, key, bytes })
    } catch (error) {
      if (!(error instanceof Failure) || places.signal?.aborted === true) throw error
      const texts = error.problems.map((text) => `models.${name}: ${text}`)
      problems.push(...texts.filter((text) => !problems.includes(text)))
    }
  }
}
