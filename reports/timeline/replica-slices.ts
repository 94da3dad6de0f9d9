import type { ExecutorChange, ModelMove } from '../../sim/stats/index.ts'
import { overlaps, rounded, type TimelineParts } from './batch-slices.ts'
import { microseconds, nanoseconds, type Slice } from './trace-event.ts'

/** A slice for each load and unload of a model, on the track of its replica. */
export function* moveSlices(
  { tracks, span, ts }: TimelineParts,
  moves: readonly ModelMove[],
): Generator<Slice> {
  for (const { executor, kind, asked, started, ended, done, ok } of moves) {
    if (!overlaps(span, started, ended)) continue
    const { pid, tid } = tracks.replicas[executor]!
    const ns = nanoseconds(started)
    yield {
      ph: 'X',
      cat: 'model',
      name: ok ? kind : `${kind}, out of memory`,
      pid,
      tid,
      ts: ts(ns),
      dur: microseconds(nanoseconds(ended) - ns),
      args: { requested_ms: rounded(asked), done_ms: rounded(done) },
    }
  }
}

/** In a deployment the control plane gets no word when a replica has drained. */
const ABSENCES = {
  down: 'down',
  draining: 'draining and restart',
  starting: 'starting',
  stopped: 'given back',
} as const

/** A slice for each time in which a replica drained or was down, on a track of its own. */
export function* absenceSlices(
  { tracks, span, ts }: TimelineParts,
  changes: readonly ExecutorChange[],
  endMs: number,
): Generator<Slice> {
  const since = new Map<number, ExecutorChange>()
  const slice = (change: ExecutorChange, ended: number): Slice[] => {
    if (change.state === 'up' || !overlaps(span, change.at, ended)) return []
    const { state } = tracks.replicas[change.executor]!
    const ns = nanoseconds(change.at)
    const dur = microseconds(nanoseconds(ended) - ns)
    const name = ABSENCES[change.state]
    return [{ ph: 'X', cat: 'absence', name, ...state!, ts: ts(ns), dur, args: {} }]
  }
  for (const change of changes) {
    const before = since.get(change.executor)
    if (before?.state === change.state) continue
    if (before !== undefined) yield* slice(before, change.at)
    since.set(change.executor, change)
  }
  for (const change of since.values()) yield* slice(change, Math.max(change.at, endMs))
}
