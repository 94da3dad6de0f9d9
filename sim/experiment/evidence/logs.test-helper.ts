import { RequestLogBuilder } from '../../../scenarios/evidence/request-log.ts'
import type { RequestRecord } from '../../../scenarios/evidence/request-record.ts'
import type { Rows } from '../../stats/index.ts'
import type { RecordedRequests } from './recorded-requests.ts'

const UNKNOWN: RequestRecord = {
  ...{ scheduledMs: Number.NaN, sentMs: 0, firstTokenMs: Number.NaN, endMs: Number.NaN },
  ...{ queueMs: Number.NaN, inputTokens: Number.NaN, outputTokens: Number.NaN },
  ...{ ok: true, kind: null },
}

interface Recorded extends Partial<RequestRecord> {
  readonly instance?: string
}

/** A log of requests of which some figures are recorded. */
export function logOf(records: readonly Recorded[]): RecordedRequests {
  const builder = new RequestLogBuilder()
  for (const { instance = null, ...record } of records) {
    builder.add({ ...UNKNOWN, ...record }, instance)
  }
  return builder.log()
}

/** Simulated requests as their clients record them. */
export const logOfRows = (rows: Rows): RecordedRequests => logOf(recordsOfRows(rows))

export function recordsOfRows({ columns }: Rows): Recorded[] {
  const { at, done, firstToken, inputTokens, outputTokens } = columns
  return Array.from(at, (sentMs, i) => ({
    ...{ sentMs, endMs: done[i]!, inputTokens: inputTokens[i]! },
    ...(firstToken[i]! > 0 && { firstTokenMs: firstToken[i]!, outputTokens: outputTokens[i]! }),
  }))
}
