import { exp, log } from '../../kernel/index.ts'
import { lowerBound } from './lower-bound.ts'
import { rankOf } from './percentile.ts'
import { studentTQuantile } from './student-t.ts'

/** Latencies of both sides in a block, ms, ascending, at least one of each. */
export interface RatioBlock {
  readonly a: Float64Array
  readonly b: Float64Array
}

/** A percentile of all blocks together on both sides, and its ratio B/A with an interval. */
export interface BlockRatio {
  readonly a: number
  readonly b: number
  readonly ratio: number
  /** null for a single block, which has no spread */
  readonly low: number | null
  readonly high: number | null
}

/** The standard error of a logarithm needs no more: it is known to 4 % then. */
const RESAMPLES = 400

/**
 * Ratios B/A of percentiles, each of the latencies of all blocks together, with an interval from a
 * bootstrap over blocks (Efron 1979): both sides of a block are drawn together, so what they share
 * cancels. A drift of the machine between blocks widens the interval no further.
 *
 * The interval is ln ratio +- t s, where s is the standard error of the resampled ln ratios times
 * sqrt(n / (n - 1)), and t has n - 1 degrees of freedom. Percentiles of the resampled ratios would
 * be too narrow for few blocks n (Hesterberg 2015). Coverage: 94 to 97 % for 8 to 20 blocks, some
 * more for fewer (sim/theory/block-ratio-coverage.ts).
 *
 * `random` draws from [0, 1).
 */
export function blockRatios(
  blocks: readonly RatioBlock[],
  percentiles: readonly number[],
  random: () => number,
  level = 0.95,
): BlockRatio[] {
  const n = blocks.length
  if (n === 0) throw new RangeError('Expected at least one block')
  const [a, b] = [pooled(blocks.map((block) => block.a)), pooled(blocks.map((block) => block.b))]
  const times = new Uint16Array(n).fill(1)
  const [wholeA, wholeB] = [a(times, percentiles), b(times, percentiles)]
  const ratios = percentiles.map((_, i) => {
    return { a: wholeA[i]!, b: wholeB[i]!, ratio: wholeB[i]! / wholeA[i]! }
  })
  if (n === 1) return ratios.map((figure) => ({ ...figure, low: null, high: null }))
  const logs = percentiles.map(() => new Float64Array(RESAMPLES))
  for (let resample = 0; resample < RESAMPLES; resample++) {
    times.fill(0)
    for (let i = 0; i < n; i++) times[Math.floor(random() * n)]!++
    const [drawnA, drawnB] = [a(times, percentiles), b(times, percentiles)]
    for (const [i, values] of logs.entries()) values[resample] = log(drawnB[i]! / drawnA[i]!)
  }
  const t = studentTQuantile((1 + level) / 2, n - 1) * Math.sqrt(n / (n - 1))
  return ratios.map((figure, i) => {
    const halfWidth = t * deviation(logs[i]!)
    return { ...figure, low: figure.ratio * exp(-halfWidth), high: figure.ratio * exp(halfWidth) }
  })
}

/** Percentiles of the values of some blocks together, each block as many times as is given. */
type PooledPercentiles = (times: Uint16Array, percentiles: readonly number[]) => number[]

/**
 * Found by bisection: O(blocks log values) for each percentile. All resamples ask for much the same
 * values, so it is kept how many of each block are no smaller.
 */
function pooled(blocks: readonly Float64Array[]): PooledPercentiles {
  const values = new Float64Array(blocks.reduce((sum, { length }) => sum + length, 0))
  let from = 0
  for (const block of blocks) {
    values.set(block, from)
    from += block.length
  }
  values.sort()
  const sizes = Uint32Array.from(blocks, ({ length }) => length)
  const cached = new Map<number, Uint32Array>()
  const countsFrom = (place: number): Uint32Array => {
    const value = values[place]!
    const counts =
      cached.get(place) ??
      Uint32Array.from(blocks, (block) => block.length - lowerBound(block, value))
    cached.set(place, counts)
    return counts
  }
  const total = (counts: Uint32Array, times: Uint16Array) => {
    let sum = 0
    for (let i = 0; i < counts.length; i++) sum += times[i]! * counts[i]!
    return sum
  }
  return (times, percentiles) => {
    const drawn = total(sizes, times)
    return percentiles.map((p) => {
      const above = drawn - rankOf(p, drawn)
      let [low, high] = [0, values.length - 1]
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if (total(countsFrom(middle), times) > above) low = middle
        else high = middle - 1
      }
      return values[low]!
    })
  }
}

function deviation(values: Float64Array): number {
  // from the first, so that equal values have no rounded sum, which would be a variance
  const from = values.map((value) => value - values[0]!)
  const mean = from.reduce((sum, value) => sum + value, 0) / from.length
  const squares = from.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt(squares / (from.length - 1))
}
