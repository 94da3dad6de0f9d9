import type { Path } from '../parse/located.ts'
import type { Duration } from '../schema/schema.ts'
import type { Report } from './draft.ts'

/** Checks that values of a distribution that must rise do so. */
export function checkLimits(distribution: Duration, path: Path, report: Report): void {
  const ordered = (low: string, a: number, high: string, b: number) => {
    if (a > b) report('value', [...path, high], `at least ${low} ${a}, got ${b}`)
  }
  if (distribution.distribution === 'uniform') {
    ordered('min', distribution.min, 'max', distribution.max)
  } else if (distribution.distribution === 'lognormal') {
    ordered('median', distribution.median, 'p99', distribution.p99)
  }
}
