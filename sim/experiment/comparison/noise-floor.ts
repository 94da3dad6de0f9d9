import { median } from 'simple-statistics'
import type { PercentileComparison } from '../../documents/index.ts'

/** Relative difference of two measurements, either way. */
export const difference = (a: number, b: number) => Math.abs(a - b) / ((a + b) / 2)

/** Relative differences of any two replays: no simulator can be shown to be nearer. */
export function noiseFloor(values: readonly number[]): PercentileComparison['noise_floor'] {
  const pairs = values.flatMap((a, i) => values.slice(i + 1).map((b) => difference(a, b)))
  if (pairs.length === 0) return { median: null, largest: null, pairs: 0 }
  return { median: median(pairs), largest: Math.max(...pairs), pairs: pairs.length }
}
