import { outcomeKey, overlaps, rounded, type TimelineParts } from './batch-slices.ts'
import { type AsyncEvent, nanoseconds } from './trace-event.ts'

/**
 * An async slice for each request of an engine, from dispatch to its end, with a mark at its first
 * token. It lies in the pool whose queue it left; its name is that of the engine that ended it.
 */
export function* sequenceSlices(parts: TimelineParts): Generator<AsyncEvent> {
  const { scenario, columns, batches, tracks, span, ts } = parts
  for (const first of batches.firsts()) {
    const engine = tracks.replicas[columns.executor[first]!]!
    const { name: last, generation } = scenario.pools[engine.pool]!
    if (generation === undefined) continue
    for (const key of batches.members(first)) {
      const start = columns.dispatched[key]!
      const end = Math.max(start, columns.ended[key]!)
      if (!overlaps(span, start, end)) continue
      const pool = columns.pool[key]!
      const isOwn = pool === engine.pool
      const track = isOwn ? engine : tracks.pools[pool]!.lost
      const { pid, tid } = track
      const name = isOwn ? `on engine ${engine.replica}` : `on ${last} engine ${engine.replica}`
      const shared = { cat: 'request', name, id: key, pid, tid } as const
      const token = columns.firstToken[key]!
      yield {
        ph: 'b',
        ...shared,
        ts: ts(nanoseconds(start)),
        args: {
          key,
          class: scenario.traffic[columns.class[key]!]!.class,
          input_tokens: columns.inputTokens[key]!,
          output_tokens: columns.outputTokens[key]!,
          wait_ms: rounded(start - columns.sent[key]!),
          first_token_ms: Number.isNaN(token) ? null : rounded(token - columns.at[key]!),
          preemptions: columns.preemptions[key]!,
          outcome: outcomeKey(columns.outcome[key]!),
        },
      }
      if (token >= start && token <= end) {
        yield { ph: 'n', ...shared, name: 'first token', ts: ts(nanoseconds(token)), args: {} }
      }
      yield { ph: 'e', ...shared, ts: ts(nanoseconds(end)), args: {} }
    }
  }
}
