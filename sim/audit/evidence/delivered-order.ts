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
 * Renumbers requests in the order of their delivery. Rows do not show that order within an instant:
 * those that are dispatched first count as delivered first, as a FIFO queue would have it.
 */
export function inDeliveredOrder(rows: AuditRows, expected: ExpectedParts): DeliveredOrder {
  const { sent, dispatched } = rows
  const keys = Int32Array.from(sent.keys()).sort(
    (a, b) =>
      orLast(sent[a]!) - orLast(sent[b]!) ||
      orLast(dispatched[a]!) - orLast(dispatched[b]!) ||
      a - b,
  )
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
