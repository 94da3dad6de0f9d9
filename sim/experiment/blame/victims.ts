import type { Ms } from '../../serving/index.ts'
import type { Caused, WaitParts } from './stall-clock.ts'

/** A request that waited while another one ran. */
export interface Victim {
  readonly key: number
  /** for how long both did, while no executor was free */
  readonly ms: Ms
}

type Waits = ReadonlyMap<number, WaitParts>
type Span = Pick<WaitParts, 'from' | 'to'>

/** Victims that are listed of one request. */
const MOST_LISTED = 3

/** Counted requests that waited while any of some occupations ran. */
export function distinctVictims(
  waits: Waits,
  caused: readonly Caused[],
  isCounted: (key: number) => boolean,
): Set<number> {
  const victims = new Set<number>()
  const spans = joined(caused)
  if (spans.length === 0) return victims
  for (const [key, { from, to }] of waits) {
    if (!(to > from) || !isCounted(key)) continue
    const next = spans[firstEndingAfter(spans, from)]
    if (next !== undefined && next.from < to) victims.add(key)
  }
  return victims
}

/** Those that waited longest while one occupation ran, the longest first. */
export function longestVictims(
  waits: Waits,
  { from, to }: Span,
  isCounted: (key: number) => boolean,
): Victim[] {
  const victims: Victim[] = []
  for (const [key, wait] of waits) {
    const ms = Math.min(to, wait.to) - Math.max(from, wait.from)
    if (ms > 0 && isCounted(key)) victims.push({ key, ms })
  }
  return victims.sort((a, b) => b.ms - a.ms || a.key - b.key).slice(0, MOST_LISTED)
}

/** Spans that overlap become one, in order of time. */
function joined(spans: readonly Span[]): Span[] {
  const result: { from: Ms; to: Ms }[] = []
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else if (to > from) result.push({ from, to })
  }
  return result
}

/** The place of the first span that ends after an instant. */
function firstEndingAfter(spans: readonly Span[], at: Ms): number {
  let [low, high] = [0, spans.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (spans[middle]!.to > at) high = middle
    else low = middle + 1
  }
  return low
}
