import type { ExpectedParts } from './expected-parts.ts'
import type { AuditRows } from './raw-rows.ts'

/**
 * Rules number requests in the order in which they reach their queues. Where a network carries
 * them, that is not the order in which they were sent.
 */
export interface DeliveredOrder {
  readonly rows: AuditRows
  readonly expected: ExpectedParts
  /** by the new number, the key */
  readonly keys: Int32Array
}

/**
 * Renumbers requests in the order of their delivery. Within an instant, those that a network
 * delivers come first. Rows do not show their order: those that are dispatched first count as
 * delivered first, as a FIFO queue would have it, and parts of one request are in their order.
 */
export function inDeliveredOrder(rows: AuditRows, expected: ExpectedParts): DeliveredOrder {
  const { sent } = rows
  const isLocal = (key: number) => Number(sent[key] === rows.routed?.[key])
  const first = firstDispatches(rows)
  const keys = Int32Array.from(sent.keys()).sort((a, b) => {
    const apart = orLast(sent[a]!) - orLast(sent[b]!) || isLocal(a) - isLocal(b)
    if (apart !== 0 || isLocal(a) === 1) return apart || a - b
    return first(a) - first(b) || a - b
  })
  const columns = Object.entries(rows).map(([name, column]) => [name, permuted(column, keys)])
  const numbers = new Int32Array(keys.length)
  for (const [i, key] of keys.entries()) numbers[key] = i
  const copyOf = Int32Array.from(keys, (key) => {
    const first = rows.copyOf[key]!
    return first < 0 ? first : (numbers[first] ?? -1)
  })
  return {
    rows: { ...Object.fromEntries(columns), copyOf } as AuditRows,
    expected: {
      sending: Array.from(keys, (key) => expected.sending[key]!),
      part: Array.from(keys, (key) => expected.part[key]!),
    },
    keys,
  }
}

/** By key: when the first part of its request was dispatched of those delivered at its instant. */
function firstDispatches({ sent, sendId, dispatched }: AuditRows): (key: number) => number {
  const times = new Map<string, number>()
  const nameOf = (key: number) => `${sendId[key]} ${sent[key]}`
  for (const key of sent.keys()) {
    const earliest = times.get(nameOf(key)) ?? Number.MAX_VALUE
    times.set(nameOf(key), Math.min(earliest, orLast(dispatched[key]!)))
  }
  return (key) => times.get(nameOf(key))!
}

const orLast = (time: number) => (Number.isNaN(time) ? Number.MAX_VALUE : time)

function permuted<T extends { slice(): T; [index: number]: unknown }>(
  column: T,
  keys: Int32Array,
): T {
  const to = column.slice()
  for (const [i, key] of keys.entries()) to[i] = column[key]
  return to
}

/** Rows in which a request is sent to its pool as it is routed. */
export function asRouted(rows: AuditRows): AuditRows {
  return rows.routed === undefined ? rows : { ...rows, sent: rows.routed }
}
