import { modelKey, type Scenario } from '../../scenarios/index.ts'
import {
  executorWork,
  type ObservedRun,
  overheadsOf,
  type Recording,
  recordedField,
} from '../../sim/experiment/index.ts'
import { fieldsOf, levelOf, type ModelProfile, type RecordedField } from '../../sim/world/index.ts'

/** Replays of a scenario, as they are kept. */
export interface ReplayedScenario {
  readonly scenario: Scenario
  readonly runs: readonly ObservedRun[]
  /** mean rate over capacity */
  readonly load: number
}

/**
 * Models with speed fields and overheads as replays met the machine, in place of what their
 * calibration recorded. A calibration sees half a minute of a machine that drifts by some percent
 * from minute to minute; replays that lie further apart know more of it. Work and wake-up stay: a
 * calibration meets them in all conditions. So do models that no replay ran, fields of numbers of
 * replicas that none had, and overheads of conditions that none met. The models of every pool that
 * was replayed have to be among them.
 */
export function learn(
  models: readonly ModelProfile[],
  replayed: readonly ReplayedScenario[],
): ModelProfile[] {
  const recordings = new Map<string, Recording[]>()
  for (const { scenario, runs, load } of replayed) {
    const keys = scenario.pools.map((pool) => modelKey(scenario, pool))
    const own = keys.map((key) => models.find((model) => model.key === key) ?? null)
    if (own.includes(null)) throw new Error('Expected the model of every pool that was replayed')
    const work = executorWork({ scenario, models: own })
    const durationMs = scenario.duration_s * 1000
    let from = 0
    for (const [i, pool] of scenario.pools.entries()) {
      const executors = [from, (from += pool.replicas)] as const
      const added = runs.map((run) => ({ run, work, executors, load, durationMs }))
      recordings.set(keys[i]!, [...(recordings.get(keys[i]!) ?? []), ...added])
    }
  }
  return models.map((model) => {
    const known = recordings.get(model.key)
    if (known === undefined || known.length === 0) return model
    const fields = known.map(recordedField)
    const seen = new Set(fields.map(({ executors }) => executors.length))
    const others = model.fields.filter(({ executors }) => !seen.has(executors.length))
    const overheads = overheadsLike(known, model.overheads)
    return { ...model, overheads, fields: [...fields, ...others] }
  })
}

/** Overheads as replays met them; where they met no timer, or no such condition, as calibrated. */
function overheadsLike(
  recordings: readonly Recording[],
  calibrated: ModelProfile['overheads'],
): ModelProfile['overheads'] {
  const met = overheadsOf(recordings) as ModelProfile['overheads']
  const classes = (own: typeof met.dispatch, others: typeof met.dispatch) =>
    [...own, ...others.filter(({ atMs }) => own.every((one) => one.atMs !== atMs))].sort(
      (a, b) => a.atMs - b.atMs,
    )
  return {
    lag: met.lag,
    timer: recordings.some(({ run }) => run.timers.length > 0) ? met.timer : calibrated.timer,
    completion: classes(met.completion, calibrated.completion),
    dispatch: classes(met.dispatch, calibrated.dispatch),
  }
}

/**
 * Speed fields for other replicas than replays had: as calibrated for that number at the
 * nearest load, at all of them where it is not known, but at the level that the machine had in the
 * replays. Where none were calibrated, the replays' own.
 */
export function fieldsFor(
  { replicas, load }: { readonly replicas: number; readonly load: number | null },
  of: {
    readonly recorded: ModelProfile
    readonly calibrated: ModelProfile
    /** of the replays */
    readonly replicas: number
  },
): RecordedField[] {
  const { recorded, calibrated } = of
  const other = fieldsOf(calibrated.fields, replicas)
  const own = fieldsOf(calibrated.fields, of.replicas)
  if (replicas === of.replicas || other[0]!.executors.length === own[0]!.executors.length) {
    return recorded.fields
  }
  // pools of other numbers may have been replayed with the same model
  const scale = level(fieldsOf(recorded.fields, of.replicas)) / level(own)
  const distance = (field: RecordedField) =>
    load === null ? 0 : Math.abs(Math.log(field.load / load))
  const nearest = Math.min(...other.map(distance))
  const alike = other.filter((field) => distance(field) === nearest)
  return alike.map((field) => ({
    ...field,
    executors: field.executors.map(({ times, speeds }) => ({
      times,
      speeds: speeds.map((speed) => speed * scale),
    })),
  }))
}

const level = (fields: readonly RecordedField[]) =>
  fields.reduce((sum, field) => sum + levelOf(field), 0) / fields.length
