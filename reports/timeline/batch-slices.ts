import type { Scenario } from '../../scenarios/index.ts'
import { OUTCOME, outcomes } from '../../sim/serving/index.ts'
import type { RowColumns } from '../../sim/stats/index.ts'
import type { BatchIndex } from './batch-index.ts'
import { type FlowEvent, microseconds, nanoseconds, type Slice } from './trace-event.ts'
import type { Span, Tracks } from './tracks.ts'

/** Members of a batch that are listed by key; the size counts all. */
const LISTED_MEMBERS = 16

/** What the parts of a timeline share. */
export interface TimelineParts {
  readonly scenario: Scenario
  readonly columns: RowColumns
  readonly batches: BatchIndex
  readonly tracks: Tracks
  readonly span: Span
  /** of instants in whole nanoseconds, in the µs of the format */
  readonly ts: (ns: number) => number
}

const KEYS = new Map<number, string>(outcomes.map(({ number, key }) => [number, key]))
export const outcomeKey = (outcome: number) => KEYS.get(outcome) ?? String(outcome)

/** Whether an interval of time has a part in a span. */
export const overlaps = ({ fromMs, toMs }: Span, started: number, ended: number) =>
  ended >= fromMs && started <= toMs

/** Rounded to the nanoseconds of the format, ms. */
export const rounded = (ms: number) => nanoseconds(ms) / 1e6

/** A slice for each batch of a pool of batches on the track of its replica, whole where cut. */
export function* batchSlices(parts: TimelineParts, flows: boolean): Generator<Slice | FlowEvent> {
  const { scenario, columns, batches, tracks, span, ts } = parts
  for (const first of batches.firsts()) {
    const track = tracks.replicas[columns.executor[first]!]!
    if (scenario.pools[track.pool]!.generation !== undefined) continue
    const start = columns.started[first]!
    const end = Math.max(start, columns.ended[first]!)
    if (!overlaps(span, start, end)) continue
    const ns = nanoseconds(start)
    const { pid, tid } = track
    const size = columns.batchSize[first]!
    const failed = columns.outcome[first] === OUTCOME.failed
    yield {
      ph: 'X',
      cat: 'batch',
      name: failed ? `batch of ${size}, failed` : `batch of ${size}`,
      pid,
      tid,
      ts: ts(ns),
      dur: microseconds(nanoseconds(end) - ns),
      args: batchArguments(parts, first),
    }
    if (!flows) continue
    const { arrivals } = tracks.pools[track.pool]!
    for (const key of batches.members(first)) {
      const shared = { cat: 'wait', name: 'wait', id: key } as const
      const sent = ts(nanoseconds(columns.sent[key]!))
      const args = { key, class: scenario.traffic[columns.class[key]!]!.class }
      yield { ph: 'X', cat: 'wait', name: 'arrival', ...arrivals, ts: sent, dur: 0, args }
      yield { ph: 's', ...shared, ...arrivals, ts: sent }
      yield { ph: 'f', bp: 'e', ...shared, pid, tid, ts: ts(ns) }
    }
  }
}

function batchArguments({ scenario, columns, batches }: TimelineParts, first: number) {
  const requests: number[] = []
  const classes: Record<string, number> = {}
  const ends: Record<string, number> = {}
  let [tokens, sent] = [0, Number.POSITIVE_INFINITY]
  for (const key of batches.members(first)) {
    if (requests.length < LISTED_MEMBERS) requests.push(key)
    const name = scenario.traffic[columns.class[key]!]!.class
    classes[name] = (classes[name] ?? 0) + 1
    const outcome = outcomeKey(columns.outcome[key]!)
    ends[outcome] = (ends[outcome] ?? 0) + 1
    tokens += columns.inputTokens[key]!
    sent = Math.min(sent, columns.sent[key]!)
  }
  const dispatched = columns.dispatched[first]!
  return {
    batch: columns.batch[first]!,
    size: columns.batchSize[first]!,
    padded_length: columns.padded[first]!,
    input_tokens: tokens,
    longest_wait_ms: rounded(dispatched - sent),
    dispatched_ms: rounded(dispatched),
    classes,
    outcomes: ends,
    requests,
  }
}
