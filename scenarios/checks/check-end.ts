import type { Path } from '../parse/located.ts'
import type { Draft, Report } from './draft.ts'

/**
 * Reports times after the end of a run: one problem, even if several steps of `path` are too late.
 */
export function checkEnd(
  steps: readonly { readonly at_s: number }[],
  path: Path,
  { durationS }: Draft,
  report: Report,
): void {
  const end = durationS ?? Number.POSITIVE_INFINITY
  const late = [...steps.keys()].filter((i) => steps[i]!.at_s >= end)
  const [first, ...others] = late
  if (first === undefined) return
  const more = others.length === 0 ? '' : `, and ${others.length} more that late`
  const text = `a time before the end at duration_s ${end}, got ${steps[first]!.at_s}${more}`
  report('value', [...path, first, 'at_s'], text)
}
