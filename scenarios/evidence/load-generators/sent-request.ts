import type { RequestRecord } from '../request-record.ts'
import type { JsonNode } from './json-node.ts'

/** What a file has of a request; NaN, or left out, where it does not have a figure. */
type Recorded = Partial<RequestRecord> & Pick<RequestRecord, 'sentMs' | 'ok'>

/** Of a first token as start + latency, which are in other units than the end. */
const ROUNDING_MS = 1

/**
 * The record of a request that a load generator sent, or a span shows. Throws `RecordProblem`, with
 * its path.
 */
export function sentRequest(request: JsonNode, recorded: Recorded): RequestRecord {
  const { sentMs, ok, endMs = Number.NaN, firstTokenMs = Number.NaN } = recorded
  const { inputTokens = Number.NaN, outputTokens = Number.NaN, queueMs = Number.NaN } = recorded
  if (endMs < sentMs) {
    throw request.problem(`expected its end after its start, got it ${text(sentMs - endMs)} before`)
  }
  if (firstTokenMs < sentMs || firstTokenMs > endMs + ROUNDING_MS) {
    const until = endMs >= sentMs ? ` to ${text(endMs - sentMs)}` : ' or more'
    const got = text(firstTokenMs - sentMs)
    throw request.problem(`expected its first token 0 ms${until} after its start, got ${got}`)
  }
  const waitMs = Math.min(queueMs, endMs - sentMs)
  if (queueMs - waitMs > ROUNDING_MS) {
    const most = text(endMs - sentMs)
    throw request.problem(`expected a wait of at most ${most}, its latency, got ${text(queueMs)}`)
  }
  return {
    scheduledMs: recorded.scheduledMs ?? Number.NaN,
    sentMs,
    firstTokenMs: Number.isNaN(endMs) ? firstTokenMs : Math.min(firstTokenMs, endMs),
    endMs,
    queueMs: waitMs,
    // tools write 0 for what they did not count in a failed request, and its output was cut off
    inputTokens: ok || inputTokens > 0 ? inputTokens : Number.NaN,
    outputTokens: ok ? outputTokens : Number.NaN,
    ok,
    kind: recorded.kind ?? null,
  }
}

const text = (ms: number) => `${Number(ms.toFixed(3))} ms`
