import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { MeasuredPart, UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { log } from '../../kernel/index.ts'
import { normalQuantile } from '../../stats/index.ts'
import type { ModelProfile, Profile } from '../../world/index.ts'
import { withMeasuredSpeed } from '../system/scaled-speed.ts'
import { idleHalfWidth, occasionsOf, speedHalfWidth } from './profile-width.ts'

/** The parts of a resolved system that have inputs. */
interface ProfiledSystem {
  readonly scenario: Scenario
  /** of each pool; null where its work is declared */
  readonly models: readonly (ModelProfile | null)[]
}

/** What is known of the inputs of a scenario. */
export interface UncertainScenario {
  readonly inputs: readonly UncertainInput[]
  /** whether inputs of sources are added */
  readonly withSources?: true
}

interface Named {
  readonly name: string
  /** the model of the scenario */
  readonly of: string
  readonly model: ModelProfile
  /** whether a pool meets the cost of its idle executors */
  readonly wakes: boolean
}

/** A wider law says no more than that the speed is not known. */
const MOST_HALF = log(4)

/**
 * The speeds of calibrated models and the costs of their idle executors, as far as a profile shows
 * how these differ between occasions. A speed that the scenario states takes the place of that of
 * the profile.
 */
export function profileInputs(
  system: ProfiledSystem,
  stated: readonly UncertainInput[],
): UncertainInput[] {
  return namedModels(system).flatMap((named) => [
    ...(isStated(named, stated) ? [] : speedInput(named)),
    ...idleInput(named),
  ])
}

/** What a profile does not show of its speeds, where inputs of sources are added. */
export function profileNotes(
  system: ProfiledSystem & { readonly uncertain?: UncertainScenario },
): string[] {
  const { uncertain } = system
  if (uncertain?.withSources !== true) return []
  return namedModels(system).flatMap((named) => [
    ...(isStated(named, uncertain.inputs) ? [] : widthNotes(named)),
    ...idleNotes(named),
  ])
}

const isStated = ({ of }: Named, stated: readonly UncertainInput[]) =>
  stated.some(({ model }) => model === of)

function widthNotes({ name, model }: Named): string[] {
  const half = speedHalfWidth(model)
  if (half === null) {
    const { occasions } = occasionsOf(model)
    const why =
      occasions === 0 ? 'an earlier version measured it' : 'it was measured on one occasion'
    return [
      `the profile has no width of the speed of ${name}, as ${why}: its speed is taken as exact; calibrate again, for longer`,
    ]
  }
  if (half <= MOST_HALF) return []
  return [
    `the speed of ${name} differed so much between occasions that its width is cut at a factor of 4; calibrate again, for longer or on a stiller machine`,
  ]
}

/** Where occasions have no idle times to compare: the cost of the profile is drawn nowhere. */
function idleNotes({ name, model, wakes }: Named): string[] {
  const costs = wakes && model.wake.ms.some((cost) => cost > 0)
  // without any occasions the speed has a note
  if (!costs || speedHalfWidth(model) === null || idleHalfWidth(model) !== null) return []
  return [
    `the profile has no width of the idle cost of ${name}: it is taken as exact; calibrate again, for longer`,
  ]
}

/** The calibrated models of a system with names that tell them apart. */
function namedModels({ scenario, models }: ProfiledSystem): Named[] {
  const pools = scenario.pools.flatMap((pool, i) => {
    const model = models[i] ?? null
    return model === null ? [] : [{ pool, model }]
  })
  const firsts = pools.filter(({ model }, i) => pools.findIndex((of) => of.model === model) === i)
  return firsts.map(({ pool, model }) => {
    const alike = firsts.filter((of) => of.pool.model === pool.model)
    return {
      name: alike.length === 1 ? pool.model : `${pool.model} in pool ${pool.name}`,
      of: pool.model,
      model,
      wakes: pools.some((of) => of.model === model && of.pool.speed !== 'ideal'),
    }
  })
}

/** None where no occasion differed, or where it is not known whether any did. */
function speedInput({ name, model }: Named): UncertainInput[] {
  const half = speedHalfWidth(model)
  if (half === null || half === 0) return []
  const deviation = Math.min(half, MOST_HALF) / normalQuantile(0.975)
  return [
    {
      ...inputOf(`speed of ${name}`, { key: model.key, part: 'speed' }),
      law: { law: 'lognormal', median: 1, deviation },
    },
  ]
}

/** Probabilities between which the law of a cost is linear; its outer tails are cut. */
const LEVELS = [
  [0, 0.001],
  [0.025, 0.025],
  [0.16, 0.16],
  [0.5, 0.5],
  [0.84, 0.84],
  [0.975, 0.975],
  [1, 0.999],
] as const
/** A cost of more is rather that of another machine. */
const MOST_COST = 10

/** Normal, but never below 0: none where there is no cost, or where it is not known to differ. */
function idleInput({ name, model, wakes }: Named): UncertainInput[] {
  const half = wakes && model.wake.ms.some((cost) => cost > 0) ? idleHalfWidth(model) : null
  if (half === null || half === 0) return []
  const deviation = half / normalQuantile(0.975)
  const quantiles = LEVELS.map(([p, of]): [number, number] => {
    const factor = 1 + deviation * normalQuantile(of)
    return [p, Math.min(MOST_COST, Math.max(0, factor))]
  })
  return [
    {
      ...inputOf(`idle cost of ${name}`, { key: model.key, part: 'idle' }),
      law: { law: 'quantiles', quantiles },
    },
  ]
}

const inputOf = (name: string, measured: MeasuredPart): Omit<UncertainInput, 'law'> => {
  return { name, model: null, value: 1, whole: false, source: 'profile', measured }
}

/** A draw of a part of a profile. */
export interface MeasuredDraw extends MeasuredPart {
  /** how many times the part is that of the profile */
  readonly times: number
}

/** The profile with drawn speeds and idle costs of its models. */
export function withMeasuredDraws(profile: Profile, draws: readonly MeasuredDraw[]): Profile {
  return draws.reduce(
    (drawn, { key, part, times }) =>
      part === 'speed'
        ? withMeasuredSpeed(drawn, times, (of) => of === key)
        : withIdleCost(drawn, times, key),
    profile,
  )
}

function withIdleCost(profile: Profile, times: number, key: string): Profile {
  const models = profile.models.map((model) =>
    model.key === key
      ? { ...model, wake: { ...model.wake, ms: model.wake.ms.map((cost) => cost * times) } }
      : model,
  )
  return { ...profile, models }
}
