import { OUTCOME } from '../../sim/serving/index.ts'
import type { TimelineParts } from './batch-slices.ts'
import { KeyGroups } from './key-groups.ts'
import { type Changes, steps } from './steps.ts'
import type { Counter } from './trace-event.ts'

/** Of each request, a time in ms; NaN for none. */
type TimeOf = (key: number) => number

/** What is counted: every request of some raises the level by 1, or by its weight, for a while. */
interface Counted {
  readonly pid: number
  readonly name: string
  readonly series: string
  readonly keys: Int32Array
  readonly from: TimeOf
  readonly to: TimeOf
  readonly weight?: (key: number) => number
}

/**
 * Counters of requests: those in the system, those that wait in each queue, and what each pool has
 * under way: busy replicas, or sequences in engines and the tokens of their prompts.
 */
export function* loadCounters(parts: TimelineParts): Generator<Counter> {
  const { scenario, columns, batches, tracks } = parts
  const { at, sent, dispatched, started, ended, done, batch, outcome, queue } = columns
  const count = at.length
  yield* counter(parts, {
    pid: tracks.traffic,
    name: 'requests in the system',
    series: 'requests',
    keys: new KeyGroups(count, 1, () => 0).of(0),
    from: (key) => at[key]!,
    to: (key) => done[key]!,
  })
  const waiting = new KeyGroups(count, tracks.replicas.length, (key) =>
    outcome[key] === OUTCOME.shed ? -1 : queue[key]!,
  )
  const pools = scenario.pools.length
  // of a pool of batches one request of each batch, of a pool of engines every one
  const running = new KeyGroups(count, pools, (key) => {
    if (batch[key]! < 0) return -1
    const { pool } = tracks.replicas[columns.executor[key]!]!
    if (scenario.pools[pool]!.generation !== undefined) return columns.pool[key]!
    return batches.isFirst(key) ? pool : -1
  })
  let station = 0
  for (const [index, { queue: own, replicas, generation }] of scenario.pools.entries()) {
    const { pid } = tracks.pools[index]!
    const separate = own.mode === 'per-replica'
    for (let i = 0; i < (separate ? replicas : 1); i++) {
      yield* counter(parts, {
        pid,
        name: separate ? `waiting, replica ${i}` : 'waiting',
        series: 'requests',
        keys: waiting.of(station++),
        from: (key) => sent[key]!,
        to: (key) => (batch[key]! < 0 ? done[key]! : dispatched[key]!),
      })
    }
    const keys = running.of(index)
    const to: TimeOf = (key) => ended[key]!
    if (generation === undefined) {
      const from: TimeOf = (key) => started[key]!
      yield* counter(parts, { pid, name: 'busy', series: 'replicas', keys, from, to })
      continue
    }
    const sequences = { pid, keys, from: (key: number) => dispatched[key]!, to }
    yield* counter(parts, { ...sequences, name: 'running sequences', series: 'requests' })
    yield* counter(parts, {
      ...sequences,
      name: 'prompts of running sequences',
      series: 'tokens',
      weight: (key) => columns.inputTokens[key]!,
    })
  }
}

function* counter({ span, ts }: TimelineParts, counted: Counted): Generator<Counter> {
  const { pid, name, series, keys, from, to, weight } = counted
  const by = weight && { by: each(keys, weight) }
  // a request that never ended is counted until the end
  const ends = each(keys, (key) => {
    const end = to(key)
    return Number.isNaN(end) ? Number.POSITIVE_INFINITY : end
  })
  const rises: Changes = { at: each(keys, from), ...by }
  for (const { ns, level } of steps(rises, { at: ends, ...by }, span)) {
    yield { ph: 'C', name, pid, ts: ts(ns), args: { [series]: level } }
  }
}

/** A loop: `Float64Array.from` with a function takes ten times as long. */
function each(keys: Int32Array, of: (key: number) => number): Float64Array {
  const values = new Float64Array(keys.length)
  for (let i = 0; i < keys.length; i++) values[i] = of(keys[i]!)
  return values
}
