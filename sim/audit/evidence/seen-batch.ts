import type { AuditRows } from './raw-rows.ts'

/** A batch, as the row of its first member tells it. */
export interface SeenBatch {
  /** keys, rising */
  readonly members: readonly number[]
  readonly queue: number
  readonly executor: number
  readonly dispatched: number
  readonly done: number
}

/** The keys of each group, in their order; groups in the order of their first keys. */
export function groupsOf<G>(keys: Iterable<number>, groupOf: (key: number) => G): Map<G, number[]> {
  const groups = new Map<G, number[]>()
  for (const key of keys) {
    const group = groupOf(key)
    const members = groups.get(group)
    if (members === undefined) groups.set(group, [key])
    else members.push(key)
  }
  return groups
}

/** In order of their first members. */
export function gatherBatches(rows: AuditRows): SeenBatch[] {
  const members = [...rows.batch.keys()].filter((key) => rows.batch[key]! >= 0)
  const groups = groupsOf(members, (key) => rows.batch[key]!)
  return Array.from(groups.values(), (keys) => {
    const first = keys[0]!
    return {
      members: keys,
      queue: rows.queue[first]!,
      executor: rows.executor[first]!,
      dispatched: orNever(rows.dispatched[first]!),
      done: orNever(rows.done[first]!),
    }
  })
}

/** Infinity for a time that did not come. */
export const orNever = (time: number) => (Number.isNaN(time) ? Number.POSITIVE_INFINITY : time)
