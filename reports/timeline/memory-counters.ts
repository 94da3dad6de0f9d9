import { type Pool, servesBatches } from '../../scenarios/index.ts'
import type { ArenaReplica } from '../../sim/documents/index.ts'
import { type ActivationPlan, Device, ReplicaMemory, replicaPlan } from '../../sim/memory/index.ts'
import { computedLength, OUTCOME } from '../../sim/serving/index.ts'
import type { TimelineParts } from './batch-slices.ts'
import { KeyGroups } from './key-groups.ts'
import { type Counter, nanoseconds } from './trace-event.ts'

const MIB = 2 ** 20

/** Memory in use from each instant on, in order of time; ms and bytes. */
class Levels {
  readonly at: number[] = [Number.NEGATIVE_INFINITY]
  readonly bytes: number[]

  constructor(bytes: number) {
    this.bytes = [bytes]
  }

  add(at: number, bytes: number): void {
    this.at.push(at)
    this.bytes.push(bytes)
  }
}

/** What is known of the memory of a run. */
export interface KnownMemory {
  /** arenas as observed, where the run is the replay that was observed */
  readonly observed: readonly ArenaReplica[]
  /** by pool; null where its memory is not simulated */
  readonly activations: readonly (ActivationPlan | null)[]
}

/**
 * Memory in use of each replica, weights included: as it was observed, or else as the allocator of
 * the pool gives it to the same batches. Memory that replicas share, or that models leave, is left
 * out: rows do not show what else was there.
 */
export function* memoryCounters(parts: TimelineParts, memory: KnownMemory): Generator<Counter> {
  const { scenario, columns, batches, tracks } = parts
  const ran = new KeyGroups(columns.at.length, tracks.replicas.length, (key) =>
    batches.isFirst(key) ? columns.executor[key]! : -1,
  )
  for (const [executor, { pool: index, replica, pid }] of tracks.replicas.entries()) {
    const pool = scenario.pools[index]!
    const observation = memory.observed.find(
      (arena) => arena.pool === pool.name && arena.replica === replica,
    )
    if (observation !== undefined) {
      const { sizes, batches: batchCount } = observation
      const how = sizes.length < batchCount ? `observed, first ${sizes.length} batches` : 'observed'
      yield* levels(parts, pid, `memory in use, replica ${replica} (${how})`, observed(observation))
      continue
    }
    const plan = memory.activations[index]
    if (!plan) continue
    const modelled = allocated(parts, pool, plan, ran.of(executor))
    if (modelled !== null) yield* levels(parts, pid, `memory in use, replica ${replica}`, modelled)
  }
}

function observed(arena: ArenaReplica): Levels {
  const idle = arena.apart_bytes + arena.reserved_bytes.reduce((sum, bytes) => sum + bytes, 0)
  const inUseLevels = new Levels(idle)
  for (const [i, inUse] of arena.in_use_bytes.entries()) {
    inUseLevels.add(arena.started_ms[i]!, arena.apart_bytes + inUse)
    inUseLevels.add(arena.ended_ms[i]!, idle)
  }
  return inUseLevels
}

/** Null where the memory is not the replica's own, or where it does not suffice. */
function allocated(
  { columns, batches }: TimelineParts,
  { memory }: Pool,
  plan: ActivationPlan,
  firsts: Int32Array,
): Levels | null {
  if (memory === undefined || !servesBatches(memory) || memory.device !== undefined) return null
  const limit = memory.limit_mib === undefined ? Number.POSITIVE_INFINITY : memory.limit_mib * MIB
  const replicaMemory = new ReplicaMemory(new Device(limit), replicaPlan(memory, plan))
  if (replicaMemory.load() < 0) return null
  const inUseLevels = new Levels(replicaMemory.state.inUseBytes)
  const inOrder = firsts.toSorted((a, b) => columns.started[a]! - columns.started[b]!)
  for (const first of inOrder) {
    if (columns.outcome[first] === OUTCOME.failed) return null
    let tokens = 0
    for (const key of batches.members(first)) tokens += columns.inputTokens[key]!
    const size = columns.batchSize[first]!
    if (
      replicaMemory.run(size, computedLength({ size, length: columns.padded[first]!, tokens })) < 0
    ) {
      return null
    }
    inUseLevels.add(columns.started[first]!, replicaMemory.state.inUseBytes)
    replicaMemory.end()
    inUseLevels.add(columns.ended[first]!, replicaMemory.state.inUseBytes)
  }
  return inUseLevels
}

/** Of one instant the last level counts. */
function* levels(
  { span, ts }: TimelineParts,
  pid: number,
  name: string,
  { at, bytes }: Levels,
): Generator<Counter> {
  const start = nanoseconds(span.fromMs)
  const step = (ns: number, i: number): Counter => ({
    ph: 'C',
    name,
    pid,
    ts: ts(ns),
    args: { MiB: Math.round((1000 * bytes[i]!) / MIB) / 1000 },
  })
  const nsOf = (i: number) => (i < at.length ? nanoseconds(at[i]!) : Number.POSITIVE_INFINITY)
  for (let i = 0; i < at.length; i++) {
    if (at[i]! > span.toMs) return
    const ns = Math.max(start, nsOf(i))
    if (nsOf(i + 1) > ns) yield step(ns, i)
  }
}
