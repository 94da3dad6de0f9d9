import type { Scenario } from '../../scenarios/index.ts'
import { exp, log, type Random, sum } from '../../sim/kernel/index.ts'
import type { Profile, RecordedField } from '../../sim/world/index.ts'
import { type Drift, driftedLogs, STEP_MS } from '../../test/drift.ts'
import { executorField, madeUpProfile } from '../../test/profiles.ts'

/** How a model was calibrated on a machine that is another one on every occasion. */
export interface CalibratedMachine {
  readonly occasions: number
  /** standard deviation of the logarithm of its speed between occasions */
  readonly scatter: number
  /** of its speed within an occasion; absent where that is constant */
  readonly drift?: readonly Drift[]
  /** what a batch takes longer after an idle time; absent for nothing */
  readonly idle?: {
    readonly ms: number
    /** standard deviation between occasions, as a share */
    readonly scatter: number
  }
}

/** What is recorded on an occasion, ms. */
const RECORDED_MS = 10_000
/** Shorter idle times are none, ms. */
const IDLE_MS = 0.01

interface Stated {
  /** time of a batch at the usual speed, ms */
  readonly serviceMs: number
  readonly random: Random
}

/** Its service time on a day, and what a batch takes longer after an idle time, both ms. */
export function dayOf(
  { scatter, idle = { ms: 0, scatter: 0 } }: CalibratedMachine,
  { serviceMs, random }: Stated,
): { readonly serviceMs: number; readonly idleMs: number } {
  return {
    serviceMs: serviceMs / exp(scatter * random.normal()),
    idleMs: idle.ms * Math.max(0, 1 + idle.scatter * random.normal()),
  }
}

/** What a planner gets: the mean work of occasions, how these differed, and their recordings. */
export function calibratedProfile(
  scenario: Scenario,
  machine: CalibratedMachine,
  of: Stated,
): Profile {
  const { serviceMs, random } = of
  const occasions = Array.from({ length: machine.occasions }, () => {
    const day = dayOf(machine, of)
    const logs =
      machine.drift === undefined ? [0] : driftedLogs(machine.drift, RECORDED_MS / STEP_MS, random)
    const path = logs.map((level) => (serviceMs / day.serviceMs) * exp(level))
    return { idleMs: day.idleMs, path, speed: geometricMean(path) }
  })
  const speed = geometricMean(occasions.map((occasion) => occasion.speed))
  const idleMs = sum(occasions.map((occasion) => occasion.idleMs)) / occasions.length
  const { models, ...profile } = madeUpProfile(scenario)
  return {
    ...profile,
    models: models.map((model) => ({
      ...model,
      work: { sizes: [1], lengths: [1], ms: [[serviceMs / speed]], error: [[0]] },
      wake: idleMs > 0 ? { gapMs: [0, IDLE_MS], ms: [0, idleMs] } : { gapMs: [0], ms: [0] },
      overheads: {
        lag: [0],
        timer: [0],
        completion: [{ atMs: 0, table: [0] }],
        dispatch: [{ atMs: 0, table: [0] }],
      },
      fields: occasions.map(({ path }) => fieldOf(path.map((each) => each / speed))),
      widths: {
        regions: [{ fromSize: 1, toSize: 1, fromLength: 1, toLength: 1, error: null }],
        occasions: occasions.map((occasion) => ({
          calibration: 'made up',
          speeds: [occasion.speed / speed],
          idle: idleMs > 0 ? occasion.idleMs / idleMs : null,
        })),
        levels: [],
      },
    })),
  }
}

/** The same without how idle costs differed between occasions. */
export function withoutIdleWidth(profile: Profile): Profile {
  return {
    ...profile,
    models: profile.models.map(({ widths, ...model }) => {
      if (widths === undefined) return model
      const occasions = widths.occasions.map((occasion) => ({ ...occasion, idle: null }))
      return { ...model, widths: { ...widths, occasions } }
    }),
  }
}

const geometricMean = (values: readonly number[]) =>
  exp(sum(values.map((value) => log(value))) / values.length)

/** A recording without stalls. */
function fieldOf(speeds: readonly number[]): RecordedField {
  return {
    load: 0.5,
    durationMs: RECORDED_MS,
    disturbed: false,
    executors: [executorField(speeds, RECORDED_MS / speeds.length)],
    dispatcher: { from: [], to: [] },
    intake: { from: [], to: [] },
  }
}
