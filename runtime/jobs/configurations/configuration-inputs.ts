import { Failure, type LoadedScenario, modelKey, type Uncertain } from '../../../scenarios/index.ts'
import { withSourceInputs } from '../../../sim/experiment/index.ts'
import type { ModelProfile } from '../../../sim/world/index.ts'
import { type LoadOptions, measuredModels, unknownOf } from '../prepare.ts'

type Models = readonly (ModelProfile | null)[]

/**
 * What is not known of configurations, with the inputs of sources where these are included, as the
 * systems have it that are simulated. No configuration is resolved for that.
 */
export class ConfigurationInputs {
  readonly #profile: LoadOptions['profile']
  /** by the models that pools run */
  readonly #models = new Map<string, Promise<Models>>()

  /** `profile`: as `loadSystem` takes it */
  constructor(profile: LoadOptions['profile']) {
    this.#profile = profile
  }

  /** What is drawn of a configuration; null where all of its inputs are known. */
  async of(loaded: LoadedScenario): Promise<Uncertain | null> {
    if (loaded.uncertain?.withSources !== true) return unknownOf(loaded)
    return unknownOf(withSourceInputs(loaded, await this.#modelsOf(loaded)))
  }

  #modelsOf(loaded: LoadedScenario): Models | Promise<Models> {
    const { scenario } = loaded
    const keys = scenario.pools.map((pool) =>
      'work' in scenario.models[pool.model]! ? null : modelKey(scenario, pool),
    )
    const none = keys.map(() => null)
    if (keys.every((key) => key === null)) return none
    const text = JSON.stringify(keys)
    const before = this.#models.get(text)
    if (before !== undefined) return before
    // what cannot be simulated is never drawn
    const models = measuredModels(loaded, this.#profile).catch((error: unknown) => {
      if (error instanceof Failure) return none
      throw error
    })
    this.#models.set(text, models)
    return models
  }
}
