import { OUTCOME, refusals } from '../../sim/serving/index.ts'
import { outcomeKey, type TimelineParts } from './batch-slices.ts'
import { type Instant, nanoseconds } from './trace-event.ts'

const REASONS = new Map<number, string>(refusals.map(({ number, key }) => [number, key]))

/** A mark for each request that was not served: shed, timed out, cancelled or failed. */
export function* lostMarks(parts: TimelineParts): Generator<Instant> {
  const { scenario, columns, tracks, span, ts } = parts
  for (const [key, outcome] of columns.outcome.entries()) {
    if (outcome === OUTCOME.served || outcome === OUTCOME.abandoned) continue
    const done = columns.done[key]!
    if (!(done >= span.fromMs && done <= span.toMs)) continue
    const reason = outcome === OUTCOME.shed ? REASONS.get(columns.refusal[key]!) : undefined
    yield {
      ph: 'i',
      s: 't',
      cat: 'lost',
      name: reason === undefined ? outcomeKey(outcome) : `${outcomeKey(outcome)}: ${reason}`,
      ...tracks.pools[columns.pool[key]!]!.lost,
      ts: ts(nanoseconds(done)),
      args: { key, class: scenario.traffic[columns.class[key]!]!.class },
    }
  }
}
