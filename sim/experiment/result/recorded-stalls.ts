import type { Pool } from '../../../scenarios/schema/schema.ts'
import type { Result } from '../../documents/index.ts'
import {
  fieldsOf,
  type Intervals,
  joinIntervals,
  type ModelProfile,
  type Span,
} from '../../world/index.ts'

type PoolResult = Result['pools'][number]

/** The share of the time that stalls take in recordings for this pool; null without any. */
export function recordedStalls(
  model: ModelProfile | null,
  { replicas, speed }: Pick<Pool, 'replicas' | 'speed'>,
): PoolResult['stalls'] {
  if (model === null || speed === 'ideal') return null
  const fields = fieldsOf(model.fields, replicas)
  const executors = fields.flatMap((field) => field.executors)
  const stalledMs = sum(executors.map(({ stalls }) => lengthOf(stalls)))
  const batchesMs = stalledMs + sum(executors.map(({ busyMs }) => busyMs))
  const dispatcherMs = fields.map(({ dispatcher, intake }) =>
    lengthOf(joinIntervals([...spansOf(dispatcher), ...spansOf(intake)])),
  )
  return {
    executors: batchesMs === 0 ? 0 : stalledMs / batchesMs,
    dispatcher: sum(dispatcherMs) / sum(fields.map(({ durationMs }) => durationMs)),
  }
}

/** Stalls of a larger share decide percentiles, and a queue may grow far below 100 %. */
const LARGE = 0.1

/** A warning for each pool whose latencies are largely those of stalls. */
export function stallWarnings(
  pools: readonly Pick<PoolResult, 'name' | 'stalls' | 'utilisation' | 'occupied'>[],
): string[] {
  return pools.flatMap(({ name, stalls, utilisation, occupied }) => {
    if (stalls === null || Math.max(stalls.executors, stalls.dispatcher) < LARGE) return []
    const [busy, with_] = [utilisation.value, occupied.value]
    const so =
      busy === null || with_ === null
        ? ''
        : `, so its utilisation of ${percent(busy)} is ${percent(with_)} with overheads and stalls`
    return [
      `pool ${name}: in the recordings of the profile the dispatcher stalled for ${percent(stalls.dispatcher)} of the time ` +
        `and executors for ${percent(stalls.executors)} of the time of batches${so}; ` +
        'latencies are those of a machine that stalls as much: calibrate on a stiller one, which `spillway doctor --noise` measures',
    ]
  })
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

const lengthOf = ({ from, to }: Intervals) => sum(from.map((start, i) => to[i]! - start))

const spansOf = ({ from, to }: Intervals) => from.map((start, i): Span => [start, to[i]!])

const percent = (share: number) => `${Number((100 * share).toPrecision(2))} %`
