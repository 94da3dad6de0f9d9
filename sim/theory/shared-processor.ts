import { assertStable } from './stable.ts'

/** Two queues of exponential service, whose heads share one processor equally. */
export interface SharedProcessor {
  readonly arrivalRates: readonly [number, number]
  /** of a request that has the processor to itself */
  readonly serviceRates: readonly [number, number]
  /** share of the processor that is lost while both queues have a request */
  readonly switchShare: number
}

/** Longest queue of the truncated chain. */
const MOST = 60
const MOST_SWEEPS = 20_000

/**
 * Mean sojourns in two queues, each first come first served, whose heads are served at half the
 * speed while both have one (two coupled processors, Fayolle and Iasnogorodski 1979). There is no
 * simple closed form, so the chain of the two lengths is solved by Gauss and Seidel. The times hold
 * for lengths up to `MOST`, beyond which arrivals are lost: use moderate loads.
 */
export function sharedProcessorMeanSojourns(model: SharedProcessor): readonly [number, number] {
  const [a, b] = model.arrivalRates
  const [m, n] = model.serviceRates
  const both = (1 - model.switchShare) / 2
  assertStable((a / m + b / n) / (2 * both))
  const width = MOST + 1
  const p = new Float64Array(width * width).fill(1 / (width * width))
  const of = (i: number, j: number) => (i > MOST || j > MOST ? 0 : p[i * width + j]!)
  const rateOf = (rate: number, length: number, otherLength: number) =>
    length === 0 ? 0 : rate * (otherLength > 0 ? both : 1)
  let [first, second] = [0, 0]
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let [sum, lengths, others] = [0, 0, 0]
    for (let i = 0; i <= MOST; i++) {
      for (let j = 0; j <= MOST; j++) {
        const into =
          (i > 0 ? a * of(i - 1, j) : 0) +
          (j > 0 ? b * of(i, j - 1) : 0) +
          rateOf(m, i + 1, j) * of(i + 1, j) +
          rateOf(n, j + 1, i) * of(i, j + 1)
        const out = (i < MOST ? a : 0) + (j < MOST ? b : 0) + rateOf(m, i, j) + rateOf(n, j, i)
        const value = into / out
        p[i * width + j] = value
        sum += value
        lengths += i * value
        others += j * value
      }
    }
    const before = first + second
    first = lengths / sum
    second = others / sum
    if (Math.abs(first + second - before) < 1e-13 * before) return [first / a, second / b]
    for (let state = 0; state < p.length; state++) p[state]! /= sum
  }
  throw new RangeError(`Expected an equilibrium after ${MOST_SWEEPS} sweeps`)
}
