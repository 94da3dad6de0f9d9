import type { Comparison } from './comparison-document.ts'

type NotCounted = Pick<Comparison['not_counted'][number], 'reason' | 'figure'> & {
  /** from 0 */
  readonly number: number
}

/**
 * What does not count, a sentence for each reason: "replays 1 and 3 do not count: the dispatcher
 * stalled because other programs used the machine (12 % of the time, 8 % of the time)".
 */
export function notCountedTexts(
  noun: 'replay' | 'round' | 'rehearsal',
  entries: readonly NotCounted[],
): string[] {
  const reasons = new Set(entries.map(({ reason }) => reason))
  return [...reasons].map((reason) => {
    const alike = entries.filter((entry) => entry.reason === reason)
    const figures = alike.map(({ figure }) => figure).join(', ')
    return `${doNotCount(noun, alike)}: ${reason} (${figures})`
  })
}

/** "replays 1, 2 and 5 do not count" */
export function doNotCount(noun: string, entries: readonly Pick<NotCounted, 'number'>[]): string {
  const numbers = entries.map(({ number }) => String(number + 1))
  const last = numbers.pop()!
  if (numbers.length === 0) return `${noun} ${last} does not count`
  return `${noun}s ${numbers.join(', ')} and ${last} do not count`
}
