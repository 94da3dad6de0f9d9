import { median } from 'simple-statistics'
import type { Ms } from '../../serving/index.ts'
import {
  type Intervals,
  leastBusyMs,
  type MetField,
  type ModelProfile,
  type RecordedField,
  settle,
} from '../../world/index.ts'
import type { OverheadRecording } from './observed-overheads.ts'
import { type ExecutorWork, metFieldOf } from './structure.ts'
import { spoiled } from './validity.ts'

/** A run, and which of its executors ran a model. */
export interface Recording extends OverheadRecording {
  /** of every executor of the run, by the model's present work */
  readonly work: readonly ExecutorWork[]
  readonly load: number
  readonly durationMs: Ms
}

/** What a run alone says of the machine. */
export interface MetRecording {
  /** as a profile holds it, but with the speed of each single batch */
  readonly field: RecordedField
  readonly executors: MetField['executors']
}

/** The speed fields of runs as a profile holds them, and the variation of their batches. */
export function recordedFields(
  recordings: readonly Recording[],
): Pick<ModelProfile, 'fields' | 'variation'> {
  return settledFields(recordings.map(metRecording))
}

export function metRecording(recording: Recording): MetRecording {
  const { run, work, load, durationMs } = recording
  const met = metFieldOf(run, work)
  const executors = met.executors.slice(...recording.executors)
  const field: RecordedField = {
    load,
    durationMs,
    ...controlTime(recording),
    disturbed: spoiled(run) !== null,
    executors: executors.map((executor) => ({
      times: round(executor.times, 3),
      speeds: round(executor.speeds, 4),
      stalls: rounded(executor.stalls),
      lateStarts: rounded(executor.lateStarts),
      // rounding must not leave short batches without time
      busyMs: Math.max(Number(executor.busyMs.toFixed(3)), leastBusyMs(rounded(executor.stalls))),
      idleStarts: executor.idleStarts,
    })),
    dispatcher: rounded(met.dispatcher),
    intake: rounded(met.intake),
  }
  return { field, executors }
}

/** The batches of all these runs together show how much they vary. */
export function settledFields(
  met: readonly MetRecording[],
): Pick<ModelProfile, 'fields' | 'variation'> {
  const ran = met.flatMap(({ executors }) => executors.filter(({ work }) => work.length > 0))
  const { speeds, variation } = settle(ran)
  const settled = new Map(ran.map((executor, i) => [executor, speeds[i]!]))
  const fields = met.map(({ field, executors }) => ({
    ...field,
    executors: field.executors.map((executor, i) => {
      const speeds = settled.get(executors[i]!)
      return speeds === undefined ? executor : { ...executor, speeds: round(speeds, 4) }
    }),
  }))
  return { fields, variation }
}

/** Median over these executors and all starts of the traffic; nothing where it was not timed. */
function controlTime({ run: { control = [] }, executors }: OverheadRecording) {
  const times = control.flatMap(({ ms }) => ms.slice(...executors))
  return times.length === 0 ? {} : { controlMs: Number(median(times).toFixed(4)) }
}

/** A profile is a file that people read and keep in repositories. */
function round(values: readonly number[], digits: number): number[] {
  return values.map((value) => Number(value.toFixed(digits)))
}

const rounded = ({ from, to }: Intervals) => ({ from: round(from, 3), to: round(to, 3) })
