import { EXIT, Failure } from '../../../scenarios/failure.ts'
import { modelKey, modelLabel } from '../../../scenarios/schema/model-key.ts'
import type { Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import type { ModelProfile, Profile } from '../../world/index.ts'
import type { PreparedScenario } from './prepared-scenario.ts'

/**
 * The profile's model of each pool; null where its work is declared. Throws `Failure` where a file
 * is missing, and where the profile is of another model than the pool runs.
 */
export function modelProfiles(
  { scenario, file, contents }: Pick<PreparedScenario, 'scenario' | 'file' | 'contents'>,
  profile: Profile | null,
): (ModelProfile | null)[] {
  const missing = contents.flatMap((content, i) =>
    content instanceof Failure
      ? content.problems.map((text) => `${file} pools.${scenario.pools[i]!.name}: ${text}`)
      : [],
  )
  if (missing.length > 0) throw new Failure(missing)
  const problems: string[] = []
  const models = scenario.pools.map((pool, i) => {
    if ('work' in scenario.models[pool.model]!) return null
    const recorded = modelsOf(scenario, pool, profile)
    const model = recorded.find(({ content }) => content === contents[i]) ?? recorded[0]
    const label = modelLabel(scenario, pool)
    const content = contents[i] ?? model?.content
    const lacks = (what: string) =>
      problems.push(
        `${file} pools.${pool.name}: the profile ${profile?.name ?? '(none)'} ${what}. ` +
          `Run: spillway calibrate ${file}, with the same --set, or choose another one with --profile`,
      )
    if (model === undefined) {
      const labels = [...new Set(profile?.models.map((model) => model.label))]
      lacks(
        labels.includes(label)
          ? `has ${label} with other inputs, samples or settings`
          : `has no ${label}; it has ${labels.join(', ') || 'no models'}`,
      )
    } else if (model.content !== content) {
      lacks(`has another ${label}: ${model.content}, but the model is now ${content}`)
    } else if (pool.memory !== undefined && model.memory === null) {
      lacks(`has no memory measurements of ${label}`)
    } else if (hasMeasuredLoads(scenario, pool) && model.memory?.loadMs === undefined) {
      lacks(`has no load times of ${label}`)
    } else if (pool.generation !== undefined && model.steps === undefined) {
      lacks(`has no times of steps of ${label}`)
    }
    return model ?? null
  })
  if (problems.length > 0) throw new Failure(problems, EXIT.notComparable)
  return models
}

/** Those at the place of a pool's model: more than one where its file has changed. */
const modelsOf = (scenario: Scenario, pool: Pool, profile: Profile | null): ModelProfile[] =>
  profile?.models.filter(({ key }) => key === modelKey(scenario, pool)) ?? []

/** Whether a profile has the models that a scenario runs, with the contents of their files. */
export function hasModels(
  { scenario, contents }: Pick<PreparedScenario, 'scenario' | 'contents'>,
  profile: Profile,
): boolean {
  return scenario.pools.every((pool, i) => {
    if ('work' in scenario.models[pool.model]!) return true
    return modelsOf(scenario, pool, profile).some(
      ({ content }) => content === (contents[i] ?? content),
    )
  })
}

/** Whether the model of a pool is swapped in and out of its device's memory. */
export function hasSwappableModel({ devices }: Scenario, { memory }: Pool): boolean {
  const device = devices.find(({ name }) => name === memory?.device)
  return device?.residency !== undefined && memory?.pinned !== true
}

/** Whether it is swapped, and the scenario does not declare how long a load takes. */
function hasMeasuredLoads(scenario: Scenario, pool: Pool): boolean {
  const device = scenario.devices.find(({ name }) => name === pool.memory?.device)
  return hasSwappableModel(scenario, pool) && device?.residency?.gib_per_s === undefined
}
