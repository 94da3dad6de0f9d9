import type { RunFigures } from '../configuration/run-figures.ts'
import { byCost, nearness } from './plan-search.ts'
import type { Tried } from './plan-task.ts'

/**
 * Where no configuration holds, the one that misses by least first. Each is as far from its limits
 * as its farthest objective. Where so many are lost that a percentile is infinite, the one that
 * serves more within its limits is nearer.
 */
export function byNearness(a: Tried<RunFigures>, b: Tried<RunFigures>): number {
  const [first, second] = [nearness(a), nearness(b)]
  if (first !== second) return first - second
  return leastGood(b) - leastGood(a) || byCost(a, b)
}

/** Goodput share of the class with the least, over all runs. */
function leastGood({ runs }: Tried<RunFigures>): number {
  const each = runs[0]!.classes.map((_, i) => {
    const sum = (of: 'good' | 'arrived') =>
      runs.reduce((total, { classes }) => total + classes[i]![of], 0)
    return sum('good') / sum('arrived')
  })
  return Math.min(...each)
}
