import type { Path } from '../parse/located.ts'
import type { Duration, Lengths } from '../schema/schema.ts'
import type { Draft } from './draft.ts'

/** Checks of values that must follow one another, and the ends of what they span. */

/** Checks that each value of a list is above the one before. `what` names that one. */
export function checkRising(
  values: readonly number[],
  at: (index: number) => Path,
  what: string,
  draft: Draft,
): void {
  for (const [i, value] of values.entries()) {
    const before = values[i - 1]
    if (before !== undefined && value <= before) draft.refuse(at(i), `more than ${before}, ${what}`)
  }
}

/** Checks that the values of a distribution that must rise do so. */
export function checkLimits(distribution: Duration, path: Path, draft: Draft): void {
  if (distribution.distribution === 'uniform') {
    checkPair(distribution, ['min', 'max'], path, draft)
  } else if (distribution.distribution === 'lognormal') {
    checkPair(distribution, ['median', 'p99'], path, draft)
  }
}

/** Checks that the second of two keys has a value no smaller than that of the first. */
export function checkPair<K extends string>(
  values: Readonly<Record<K, number>>,
  [low, high]: readonly [K, K],
  path: Path,
  draft: Draft,
): void {
  if (values[low] > values[high]) draft.refuse([...path, high], `at least ${low} ${values[low]}`)
}

/** Reports times after the end of a run: one problem, even if several steps are too late. */
export function checkEnd(
  steps: readonly { readonly at_s: number }[],
  path: Path,
  draft: Draft,
): void {
  const end = draft.durationS ?? Number.POSITIVE_INFINITY
  const late = [...steps.keys()].filter((i) => steps[i]!.at_s >= end)
  const [first, ...others] = late
  if (first === undefined) return
  const more = others.length === 0 ? '' : `, and ${others.length} more that late`
  const at = [...path, first, 'at_s']
  draft.refuse(at, `a time before the end at duration_s ${end}`, `${steps[first]!.at_s}${more}`)
}

/** The shortest and the longest length that can occur; 1 and Infinity if unknown. */
export function lengthRange(lengths: Lengths | null): readonly [number, number] {
  switch (lengths?.distribution) {
    case 'fixed':
      return [lengths.value, lengths.value]
    case 'uniform':
    case 'lognormal':
      return [lengths.min, lengths.max]
    case 'quantiles': {
      const values = lengths.quantiles.map(([, length]) => length)
      return [Math.max(1, Math.floor(values[0]!)), Math.max(...values)]
    }
    default:
      return [1, Number.POSITIVE_INFINITY]
  }
}
