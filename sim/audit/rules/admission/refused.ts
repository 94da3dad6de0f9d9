import { type AuditRows, REFUSED_BY, SHED } from '../../evidence/raw-rows.ts'

export type Reason = keyof typeof REFUSED_BY

/**
 * The decision of one admission control about a request. Null where an earlier control had rejected
 * it, or no replica takes it.
 */
export function admissionDecision(
  rows: AuditRows,
  key: number,
  reason: Reason,
): 'refused' | 'passed' | null {
  const refusal = rows.outcome[key] === SHED && rows.batch[key]! < 0 ? rows.refusal[key]! : 0
  // no replica takes it, so no control is asked
  if (refusal === REFUSED_BY.unavailable) return null
  const code = REFUSED_BY[reason]
  if (refusal === code) return 'refused'
  return refusal === 0 || refusal > code ? 'passed' : null
}
