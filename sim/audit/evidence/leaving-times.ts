import type { ChannelPlan } from '../../serving/index.ts'

/** A message that is sent. */
export interface SentMessage {
  readonly key: number
  readonly at: number
  /** time for which it occupies its channel if it is alone, ms */
  readonly ms: number
}

/**
 * By key: when each message of a channel has left it at the earliest, ms. Rows do not show the
 * order of messages that are sent one after another at one instant: each may be the first of them.
 */
export function leavingTimes(
  messages: readonly SentMessage[],
  sharing: ChannelPlan['sharing'],
): ReadonlyMap<number, number> {
  const sized = messages.filter(({ ms }) => ms > 0).sort((a, b) => a.at - b.at)
  const left = sharing === 'fifo' ? oneByOne(sized) : inParallel(sized)
  for (const { key, at, ms } of messages) if (!(ms > 0)) left.set(key, at)
  return left
}

function oneByOne(messages: readonly SentMessage[]): Map<number, number> {
  const left = new Map<number, number>()
  let free = Number.NEGATIVE_INFINITY
  let begin = free
  let instant = Number.NaN
  for (const { key, at, ms } of messages) {
    if (at !== instant) begin = Math.max(at, free)
    instant = at
    left.set(key, begin + ms)
    free = Math.max(at, free) + ms
  }
  return left
}

/** Each of n messages has an n-th of the bandwidth. Between two ends, all shrink by the same. */
function inParallel(messages: readonly SentMessage[]): Map<number, number> {
  const left = new Map<number, number>()
  let active: { readonly key: number; ms: number }[] = []
  let now = Number.NEGATIVE_INFINITY
  const runUntil = (until: number) => {
    while (active.length > 0 && now < until) {
      const n = active.length
      const least = active.reduce((min, { ms }) => Math.min(min, ms), Number.POSITIVE_INFINITY)
      const ends = now + least * n
      const passed = ends <= until ? least : (until - now) / n
      for (const message of active) message.ms -= passed
      now = Math.min(ends, until)
      if (ends > until) return
      for (const { key, ms } of active) if (ms <= 0) left.set(key, ends)
      active = active.filter(({ ms }) => ms > 0)
    }
  }
  for (const { key, at, ms } of messages) {
    runUntil(at)
    now = at
    active.push({ key, ms })
  }
  runUntil(Number.POSITIVE_INFINITY)
  return left
}
