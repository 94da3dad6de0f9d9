import { modelKey, type Scenario } from '../../scenarios/index.ts'
import {
  executorWork,
  type ObservedRun,
  overheadsOf,
  type Recording,
  recordedFields,
} from '../../sim/experiment/index.ts'
import {
  fieldsOf,
  levelOf,
  MOST_FACTOR,
  type ModelProfile,
  meanLevel,
  type ProfileWidths,
  type RecordedField,
  scaledFields,
} from '../../sim/world/index.ts'

/** Replays of a scenario, as they are kept. */
export interface ReplayedScenario {
  readonly scenario: Scenario
  readonly runs: readonly ObservedRun[]
  /** mean rate over capacity */
  readonly load: number
}

/**
 * Models with the speed fields, variation and overheads of replays in place of those of their
 * calibration. A calibration sees a machine for a minute, which drifts by some percent from minute
 * to minute, and runs its batches in another order. Work and wake-up stay, as do fields and
 * overheads that no replay covers. `models` must have the model of every replayed pool.
 */
export function learn(
  models: readonly ModelProfile[],
  replayed: readonly ReplayedScenario[],
): ModelProfile[] {
  const recordings = recordingsOf(models, replayed)
  return models.map((model) => {
    const recorded = recordings.get(model.key)
    if (recorded === undefined || recorded.length === 0) return model
    const { fields, variation } = recordedFields(recorded)
    // executors that ran no batch show nothing
    if (fields.every(({ executors }) => executors.every(({ busyMs }) => busyMs === 0))) {
      return model
    }
    const executorCounts = new Set(fields.map(({ executors }) => executors.length))
    const others = model.fields.filter(({ executors }) => !executorCounts.has(executors.length))
    const overheads = overheadsLike(recorded, model.overheads)
    const { widths } = model
    return {
      ...model,
      ...{ overheads, variation, fields: [...fields, ...others] },
      // a profile of an earlier version has none
      ...(widths && { widths: { ...widths, levels: levelsOf(recorded, fields) } }),
    }
  })
}

/** Levels of the fields of these recordings, by the replayed scenario that each is of. */
function levelsOf(
  recorded: readonly OfScenario[],
  fields: readonly RecordedField[],
): ProfileWidths['levels'] {
  const byScenario = new Map<number, number[]>()
  for (const [i, { scenario }] of recorded.entries()) {
    const field = fields[i]!
    // executors that ran no batch show nothing
    if (field.executors.every(({ busyMs }) => busyMs === 0)) continue
    const level = Math.min(MOST_FACTOR, Math.max(1 / MOST_FACTOR, levelOf(field)))
    const levels = byScenario.get(scenario) ?? []
    byScenario.set(scenario, [...levels, Number(level.toPrecision(4))])
  }
  return [...byScenario.values()]
}

/** A recording of one of some replayed scenarios, by its number. */
interface OfScenario extends Recording {
  readonly scenario: number
}

/** The replays of each model, by its key. */
function recordingsOf(
  models: readonly ModelProfile[],
  replayed: readonly ReplayedScenario[],
): Map<string, OfScenario[]> {
  const recordings = new Map<string, OfScenario[]>()
  for (const [index, { scenario, runs, load }] of replayed.entries()) {
    const keys = scenario.pools.map((pool) => modelKey(scenario, pool))
    const poolModels = keys.map((key) => models.find((model) => model.key === key) ?? null)
    if (poolModels.includes(null))
      throw new Error('Expected the model of every pool that was replayed')
    const work = executorWork({ scenario, models: poolModels })
    const durationMs = scenario.duration_s * 1000
    let from = 0
    for (const [i, pool] of scenario.pools.entries()) {
      const executors = [from, (from += pool.replicas)] as const
      const added = runs.map((run) => {
        return { run, work, executors, load, durationMs, scenario: index }
      })
      recordings.set(keys[i]!, [...(recordings.get(keys[i]!) ?? []), ...added])
    }
  }
  return recordings
}

/** Overheads as replays met them; where they met no timer, or no such condition, as calibrated. */
function overheadsLike(
  recordings: readonly Recording[],
  calibrated: ModelProfile['overheads'],
): ModelProfile['overheads'] {
  const met = overheadsOf(recordings) as ModelProfile['overheads']
  const classes = (measured: typeof met.dispatch, others: typeof met.dispatch) =>
    [
      ...measured,
      ...others.filter(({ atMs }) => measured.every((entry) => entry.atMs !== atMs)),
    ].sort((a, b) => a.atMs - b.atMs)
  return {
    lag: met.lag,
    timer: recordings.some(({ run }) => run.timers.length > 0) ? met.timer : calibrated.timer,
    completion: classes(met.completion, calibrated.completion),
    dispatch: classes(met.dispatch, calibrated.dispatch),
  }
}

/**
 * Speed fields for a number of replicas that no replay had: those of the calibration at the nearest
 * load, scaled to the speed in the replays; without them, those of the replays.
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
  const target = fieldsOf(calibrated.fields, replicas)
  const source = fieldsOf(calibrated.fields, of.replicas)
  if (replicas === of.replicas || target[0]!.executors.length === source[0]!.executors.length) {
    return recorded.fields
  }
  // pools of other numbers may have been replayed with the same model
  const scale = meanLevel(fieldsOf(recorded.fields, of.replicas)) / meanLevel(source)
  const distance = (field: RecordedField) =>
    load === null ? 0 : Math.abs(Math.log(field.load / load))
  const nearest = Math.min(...target.map(distance))
  const alike = target.filter((field) => distance(field) === nearest)
  return scaledFields(alike, scale)
}
