import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type {
  MeasuredPart,
  UncertainInput,
  UncertainLaw,
} from '../../../scenarios/schema/uncertain.ts'
import { exp, log } from '../../kernel/index.ts'
import { type NextOccasion, nextQuantile } from '../../stats/index.ts'
import type { ModelProfile, Profile } from '../../world/index.ts'
import { withMeasuredSpeed } from '../system/scaled-speed.ts'
import { idleHalfWidth, nextIdle, nextSpeed, occasionsOf, speedHalfWidth } from './profile-width.ts'

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

/** A speed that is more times that of the profile, or fewer, is rather that of another machine. */
const MOST_SPEED = 4
/** The same of a cost of idle executors. */
const MOST_COST = 10

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
  if (half <= log(MOST_SPEED)) return []
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
  const next = nextSpeed(model)
  if (next === null || next.scale === 0) return []
  const law = lawOf(next, (apart) => Math.min(MOST_SPEED, Math.max(1 / MOST_SPEED, exp(apart))))
  return [{ ...inputOf(`speed of ${name}`, { key: model.key, part: 'speed' }), law }]
}

/** Never below 0: none where there is no cost, or where it is not known to differ. */
function idleInput({ name, model, wakes }: Named): UncertainInput[] {
  const next = wakes && model.wake.ms.some((cost) => cost > 0) ? nextIdle(model) : null
  if (next === null || next.scale === 0) return []
  const law = lawOf(next, (apart) => Math.min(MOST_COST, Math.max(0, 1 + apart)))
  return [{ ...inputOf(`idle cost of ${name}`, { key: model.key, part: 'idle' }), law }]
}

/** Probabilities between which a law is linear; its outer tails are cut. */
const LEVELS = [
  [0, 0.001],
  ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.16, 0.25, 0.37, 0.5].map((p) => [p, p] as const),
  ...[0.63, 0.75, 0.84, 0.9, 0.95, 0.975, 0.99, 0.995].map((p) => [p, p] as const),
  [1, 0.999],
] as const

/**
 * Student's t itself: a normal law that is as wide in its middle 95 % makes a sum of two inputs,
 * each of which is known from a few occasions, too wide.
 */
function lawOf(next: NextOccasion, timesOf: (apart: number) => number): UncertainLaw {
  const quantiles = LEVELS.map(([p, of]): [number, number] => [p, timesOf(nextQuantile(next, of))])
  return { law: 'quantiles', quantiles }
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
