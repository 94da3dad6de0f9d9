import type { ServingPlan } from '../../serving/index.ts'
import type { Absences } from './absences.ts'
import { type AuditRows, FAILED, RETRIED, SHED, TIMED_OUT } from './raw-rows.ts'

/** Rows in which each attempt has the outcome that it had itself, and which were sent again. */
export interface OwnEnds {
  readonly rows: AuditRows
  /** 1 for attempts that a proxy sent again */
  readonly retried: Uint8Array
}

/**
 * Rows name an attempt that is sent again `retried`. What happened to it before is in its other
 * columns: a batch that failed, a refusal, a lost replica, or a wait that was too long.
 */
export function ownEnds(
  rows: AuditRows,
  { pools }: ServingPlan,
  queues: readonly { readonly firstExecutor: number; readonly absences: Absences }[],
): OwnEnds {
  const retried = Uint8Array.from(rows.outcome, (outcome, key) =>
    outcome === RETRIED && pools[rows.pool[key]!]?.retries !== undefined ? 1 : 0,
  )
  if (!retried.includes(1)) return { rows, retried }
  const outcome = rows.outcome.slice()
  for (const [key, again] of retried.entries()) if (again === 1) outcome[key] = ownEnd(key)
  return { rows: { ...rows, outcome }, retried }

  function ownEnd(key: number): number {
    if (rows.batch[key]! >= 0) return FAILED
    if (rows.refusal[key]! > 0) return SHED
    const queue = queues[rows.queue[key]!]
    return queue?.absences.isLostAt(queue.firstExecutor, rows.done[key]!) ? FAILED : TIMED_OUT
  }
}
