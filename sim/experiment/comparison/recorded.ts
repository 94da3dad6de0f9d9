import { median } from 'simple-statistics'
import type { Ms } from '../../serving/index.ts'
import type { Intervals, RecordedField } from '../../world/index.ts'
import { type ExecutorWork, metFieldOf, type OverheadRecording } from './structure.ts'
import { spoiled } from './validity.ts'

/** A run, and which of its executors ran a model. */
export interface Recording extends OverheadRecording {
  /** of every executor of the run, by the model's present work */
  readonly work: readonly ExecutorWork[]
  readonly load: number
  readonly durationMs: Ms
}

/** The speed field of a run as a profile holds it. */
export function recordedField(recording: Recording): RecordedField {
  const { run, work, executors, load, durationMs } = recording
  const field = metFieldOf(run, work)
  return {
    load,
    durationMs,
    ...controlTime(recording),
    disturbed: spoiled(run) !== null,
    executors: field.executors.slice(...executors).map((executor) => ({
      times: round(executor.times, 3),
      speeds: round(executor.speeds, 4),
      stalls: rounded(executor.stalls),
      lateStarts: rounded(executor.lateStarts),
      busyMs: Number(executor.busyMs.toFixed(3)),
      idleStarts: executor.idleStarts,
    })),
    dispatcher: rounded(field.dispatcher),
    intake: rounded(field.intake),
  }
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
