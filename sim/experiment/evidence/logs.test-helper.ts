import { RequestLogBuilder } from '../../../scenarios/evidence/request-log.ts'
import type { RequestRecord } from '../../../scenarios/evidence/request-record.ts'
import type { Rows } from '../../stats/index.ts'
import type { RecordedRequests } from './recorded-requests.ts'

const UNKNOWN: RequestRecord = {
  ...{ scheduledMs: Number.NaN, sentMs: 0, firstTokenMs: Number.NaN, endMs: Number.NaN },
  ...{ queueMs: Number.NaN, inputTokens: Number.NaN, outputTokens: Number.NaN },
  ...{ ok: true, kind: null },
}

/** A log of requests of which some figures are recorded. */
export function logOf(records: readonly Partial<RequestRecord>[]): RecordedRequests {
  const builder = new RequestLogBuilder()
  for (const record of records) builder.add({ ...UNKNOWN, ...record })
  return builder.log()
}

/** Simulated requests as their clients record them. */
export function logOfRows({ columns }: Rows): RecordedRequests {
  const { at, done, firstToken, inputTokens, outputTokens } = columns
  return logOf(
    Array.from(at, (sentMs, i) => ({
      ...{ sentMs, endMs: done[i]!, inputTokens: inputTokens[i]! },
      ...(firstToken[i]! > 0 && { firstTokenMs: firstToken[i]!, outputTokens: outputTokens[i]! }),
    })),
  )
}
