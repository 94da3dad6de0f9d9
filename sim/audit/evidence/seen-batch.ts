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

/** In order of their first members. */
export function gatherBatches(rows: AuditRows): SeenBatch[] {
  const members = new Map<number, number[]>()
  for (let key = 0; key < rows.at.length; key++) {
    const batch = rows.batch[key]!
    if (batch < 0) continue
    const known = members.get(batch)
    if (known === undefined) members.set(batch, [key])
    else known.push(key)
  }
  return Array.from(members.values(), (keys) => {
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
