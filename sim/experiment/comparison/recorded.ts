import { median } from 'simple-statistics'
import type { Ms } from '../../serving/index.ts'
import {
  type Intervals,
  leastBusyMs,
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

/** The speed fields of runs as a profile holds them, and the variation of their batches. */
export function recordedFields(
  recordings: readonly Recording[],
): Pick<ModelProfile, 'fields' | 'variation'> {
  const met = recordings.map(({ run, work, executors: [from, to] }) => {
    const field = metFieldOf(run, work)
    return { ...field, executors: field.executors.slice(from, to) }
  })
  const ran = met.flatMap(({ executors }) => executors.filter(({ work }) => work.length > 0))
  const { speeds, variation } = settle(ran)
  const settled = new Map(ran.map((executor, i) => [executor, speeds[i]!]))
  const fields = met.map(({ executors, dispatcher, intake }, i): RecordedField => {
    const { run, load, durationMs } = recordings[i]!
    return {
      load,
      durationMs,
      ...controlTime(recordings[i]!),
      disturbed: spoiled(run) !== null,
      executors: executors.map((executor) => ({
        times: round(executor.times, 3),
        speeds: round(settled.get(executor) ?? executor.speeds, 4),
        stalls: rounded(executor.stalls),
        lateStarts: rounded(executor.lateStarts),
        // rounding must not leave short batches without time
        busyMs: Math.max(Number(executor.busyMs.toFixed(3)), leastBusyMs(rounded(executor.stalls))),
        idleStarts: executor.idleStarts,
      })),
      dispatcher: rounded(dispatcher),
      intake: rounded(intake),
    }
  })
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
