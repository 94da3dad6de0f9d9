import { median } from 'simple-statistics'
import type { PercentileComparison } from '../../documents/index.ts'
import { percentileLabel } from '../../stats/index.ts'
import type { Check } from './verdicts.ts'

/** Relative difference of two measurements, either way. */
export const difference = (a: number, b: number) => Math.abs(a - b) / ((a + b) / 2)

/** Relative differences of any two replays: no simulator can be shown to be nearer. */
export function noiseFloor(values: readonly number[]): PercentileComparison['noise_floor'] {
  const pairs = values.flatMap((a, i) => values.slice(i + 1).map((b) => difference(a, b)))
  if (pairs.length === 0) return { median: null, largest: null, pairs: 0 }
  return { median: median(pairs), largest: Math.max(...pairs), pairs: pairs.length }
}

/** The difference of two replays at their worst percentile; it passes wherever it is known. */
export function noiseCheck(percentiles: readonly PercentileComparison[]): Check {
  const floors = percentiles.filter(({ noise_floor }) => noise_floor.median !== null)
  if (floors.length === 0) {
    const reason = 'a single replay has no noise floor; replay at least twice'
    return { verdict: 'UNDECIDED', reason, worst: null }
  }
  const largest = floors.reduce((a, b) => (b.noise_floor.median! > a.noise_floor.median! ? b : a))
  const share = 100 * largest.noise_floor.median!
  const percent = share < 10 ? share.toPrecision(2) : share.toFixed(0)
  const label = percentileLabel(largest.p)
  return {
    verdict: 'PASS',
    reason: `two replays of the same requests differ by ${percent} % at ${label}, in the median`,
    worst: null,
  }
}
