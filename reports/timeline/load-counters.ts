import { OUTCOME } from '../../sim/serving/index.ts'
import type { TimelineParts } from './batch-slices.ts'
import { type Changes, steps } from './steps.ts'
import type { Counter } from './trace-event.ts'

/** Of each request, the interval in which it is counted; null for none. */
type Counted = (key: number) => readonly [from: number, to: number] | null

/**
 * Counters of requests: those in the system, those that wait in each queue, and what each pool has
 * under way: busy replicas, or sequences in engines and the tokens of their prompts.
 */
export function* loadCounters(parts: TimelineParts): Generator<Counter> {
  const { scenario, columns, tracks } = parts
  const { at, sent, dispatched, done, batch, outcome, queue, pool } = columns
  yield* counter(parts, tracks.traffic, 'requests in the system', 'requests', (key) => [
    at[key]!,
    done[key]!,
  ])
  let station = 0
  for (const [index, { queue: own, replicas, generation }] of scenario.pools.entries()) {
    const { pid } = tracks.pools[index]!
    const separate = own.mode === 'per-replica'
    for (let i = 0; i < (separate ? replicas : 1); i++) {
      const number = station++
      const name = separate ? `waiting, replica ${i}` : 'waiting'
      yield* counter(parts, pid, name, 'requests', (key) => {
        if (queue[key] !== number || outcome[key] === OUTCOME.shed) return null
        return [sent[key]!, batch[key]! < 0 ? done[key]! : dispatched[key]!]
      })
    }
    if (generation === undefined) yield* busyReplicas(parts, index)
    else {
      const running: Counted = (key) =>
        batch[key]! < 0 || pool[key] !== index ? null : [dispatched[key]!, columns.ended[key]!]
      yield* counter(parts, pid, 'running sequences', 'requests', running)
      yield* counter(
        parts,
        pid,
        'prompts of running sequences',
        'tokens',
        running,
        (key) => columns.inputTokens[key]!,
      )
    }
  }
}

function* busyReplicas(parts: TimelineParts, index: number): Generator<Counter> {
  const { columns, batches, tracks } = parts
  const { executor, started, ended } = columns
  yield* counter(parts, tracks.pools[index]!.pid, 'busy', 'replicas', (key) => {
    if (!batches.isFirst(key) || tracks.replicas[executor[key]!]!.pool !== index) return null
    return [started[key]!, ended[key]!]
  })
}

/** A counter that every interval raises by 1, or by its weight, while it lasts. */
function* counter(
  { columns, span, ts }: TimelineParts,
  pid: number,
  name: string,
  series: string,
  counted: Counted,
  weight?: (key: number) => number,
): Generator<Counter> {
  const count = columns.at.length
  const [from, to] = [new Float64Array(count), new Float64Array(count)]
  const by = weight && new Float64Array(count)
  let size = 0
  for (let key = 0; key < count; key++) {
    const interval = counted(key)
    if (interval === null || Number.isNaN(interval[0])) continue
    from[size] = interval[0]
    // a request that never ended is counted until the end
    to[size] = Number.isNaN(interval[1]) ? Number.POSITIVE_INFINITY : interval[1]
    if (by) by[size] = weight(key)
    size++
  }
  const weights = by && { by: by.subarray(0, size) }
  const rises: Changes = { at: from.subarray(0, size), ...weights }
  const falls: Changes = { at: to.subarray(0, size), ...weights }
  for (const { ns, level } of steps(rises, falls, span)) {
    yield { ph: 'C', name, pid, ts: ts(ns), args: { [series]: level } }
  }
}
