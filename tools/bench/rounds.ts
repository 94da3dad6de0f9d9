import { median } from 'simple-statistics'
import type { Figure } from './report.ts'

type Bar = Figure['bar']

/** Duration of some work, ms. */
export function millisecondsOf(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

/** Times some work in rounds after one warm-up round; `perSecond` is its size. */
export function rateOf(options: {
  readonly name: string
  readonly unit: string
  readonly size: number
  readonly rounds: number
  readonly work: () => void
  readonly bar?: Bar
}): Figure {
  const { name, unit, size, rounds, work, bar } = options
  work()
  const rates = Array.from({ length: rounds }, () => size / 1000 / millisecondsOf(work))
  return figure(name, unit, rates, bar)
}

/**
 * Times several works alternately, A B A B ..., so that other load on the machine affects all
 * alike. Returns the rate of each, M/s, per round.
 */
export function interleaved(
  size: number,
  rounds: number,
  works: readonly (() => void)[],
): number[][] {
  for (const work of works) work()
  const rates: number[][] = works.map(() => [])
  for (let round = 0; round < rounds; round++) {
    works.forEach((work, i) => {
      rates[i]!.push(size / 1000 / millisecondsOf(work))
    })
  }
  return rates
}

/** a over b for each round. */
export function ratios(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, round) => value / b[round]!)
}

/** Units in which less is better. */
const COSTS = ['ms', 'ns/record', 'MB']

/** Median and best over rounds. */
export function figure(name: string, unit: string, values: readonly number[], bar?: Bar): Figure {
  const best = COSTS.includes(unit) ? Math.min(...values) : Math.max(...values)
  return {
    name,
    unit,
    value: median(values as number[]),
    best,
    ...(bar === undefined ? {} : { bar }),
  }
}
